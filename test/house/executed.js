/** A jest reporter that fails a run in which no test was executed: green must mean that something held. */
export default class Executed {
  #executed = 0;

  onRunComplete(_contexts, { numPassedTests, numFailedTests }) {
    this.#executed = numPassedTests + numFailedTests;
    if (this.#executed === 0) process.stderr.write("No test was executed.\n");
  }

  getLastError() {
    return this.#executed === 0 ? new Error("no test was executed") : undefined;
  }
}
