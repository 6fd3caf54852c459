import { startVitest } from "vitest/node";

/**
 * `npm run histories`: plays every shape of a lifecycle against real servers and writes its history under
 * `test/replay/histories/`. Record before a release, commit, and never edit: the replay test keeps today's
 * code able to go on with them.
 */
const vitest = await startVitest("test", [], {
  run: true,
  watch: false,
  include: ["test/replay/shapes.record.ts"],
  testTimeout: 120_000,
});
const failed = vitest.state.getCountOfFailedTests();
await vitest.close();
process.exit(failed > 0 ? 1 : 0);
