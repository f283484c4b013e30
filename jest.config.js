/** jest in ESM mode; TypeScript goes through swc, types are checked by `npm run types`. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "es6" } }] },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/bench/", "<rootDir>/test/peers/"],
  // Folders that come and go while tests run are not ours to look at.
  modulePathIgnorePatterns: ["<rootDir>/data/"],
  reporters: ["<rootDir>/test/house/executed.js", "default"],
  // A limit of a test is what it waits for; this one is for what hangs, also on a machine that has much else to do.
  testTimeout: 60_000,
  maxWorkers: 2,
};
