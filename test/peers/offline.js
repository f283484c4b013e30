// Imported first: a peer asks nobody outside. VoltAgent would fetch a list of models from the internet.
globalThis.fetch = () => Promise.reject(new Error("a peer stays offline"));
