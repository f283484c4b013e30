/** jest in ESM mode; TypeScript goes through swc, types are checked by `npm run types`. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "es6" } }] },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/bench/", "<rootDir>/test/peers/", "<rootDir>/test/house/broken/"],
  testTimeout: 30_000,
  maxWorkers: 2,
};
