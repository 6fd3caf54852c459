import { defineConfig } from "vitest/config";

/** Pure code and what talks to servers of its own: these tests need none of the shared ones, and start at once. */
const PURE = ["domain/**/*.test.ts", "calcom/**/*.test.ts", "dev/start/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    // The tests mostly wait for servers: on two cores vitest alone would run one file at a time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "pure", include: PURE } },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["**/*.test.ts"],
          exclude: ["node_modules/**", "dist/**", ".data/**", ...PURE],
          globalSetup: ["test/support/servers.ts"],
        },
      },
    ],
  },
});
