// The one file that must run before anything is installed: plain Node, no dependencies.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const [command = "", ...args] = process.argv.slice(2);

/** Run in this process, so that a signal has one receiver. */
const SCRIPTS = {
  start: "dev/start.ts",
  build: "dev/build.mjs",
  bench: "dev/bench/main.ts",
  tenant: "dev/tenant-cli.ts",
  call: "dev/calls/main.ts",
  retell: "dev/retell/write-guide.ts",
  histories: "test/replay/record.ts",
};

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function checkNode() {
  const wanted = /(\d+)\.(\d+)\.(\d+)/.exec(readJson(join(ROOT, "package.json")).engines.node);
  const [has, needs] = [process.versions.node.split("."), wanted.slice(1)].map((parts) => parts.map(Number));
  const first = needs.findIndex((part, index) => part !== has[index]);
  if (first !== -1 && has[first] < needs[first]) {
    fail(`Node ${needs.join(".")} or newer is needed, this is ${process.versions.node}.`);
  }
}

/**
 * Whether node_modules is what the lock says, by content: after a clone the times of files mean nothing. npm
 * writes its own copy of the lock at the very end, so an interrupted install does not pass.
 */
function isInstalled() {
  const copy = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(copy)) return false;
  const installed = readJson(copy).packages;
  return Object.entries(readJson(join(ROOT, "package-lock.json")).packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    // Optional ones are left out where the platform is another.
    return found === undefined
      ? wanted.optional === true || wanted.peer === true
      : found.version === wanted.version;
  });
}

/** Resolves with the exit code; what we are told to stop for is passed on. */
function run(executable, parameters, env = process.env) {
  const child = spawn(executable, parameters, { cwd: ROOT, stdio: "inherit", env });
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, forward);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      process.stderr.write(`${executable}: ${error.message}\n`);
      resolve(1);
    });
    child.once("exit", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM"]) process.off(name, forward);
      resolve(code ?? (signal === null ? 1 : 128 + (signal === "SIGINT" ? 2 : 15)));
    });
  });
}

async function install() {
  const began = Date.now();
  process.stderr.write("installing packages (npm ci)\n");
  const progress = setInterval(() => {
    process.stderr.write(`  still installing, ${Math.round((Date.now() - began) / 1000)} s\n`);
  }, 5_000);
  // Without --include=dev npm leaves out half of what runs here when NODE_ENV is production.
  const parameters = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const code =
    npm === undefined || !/npm-cli\.js$/.test(npm)
      ? await run(process.platform === "win32" ? "npm.cmd" : "npm", parameters)
      : await run(process.execPath, [npm, ...parameters]);
  clearInterval(progress);
  if (code !== 0) fail(`npm ci ended with ${code}: the packages are not installed.`);
  process.stderr.write(`packages are installed, ${Math.round((Date.now() - began) / 1000)} s\n`);
}

/** Counts what vitest wrote; a file that could not even be loaded is a failure like any other. */
function tally(report, exitCode) {
  let passed = 0;
  let failed = 0;
  if (existsSync(report)) {
    const { testResults } = readJson(report);
    for (const { assertionResults, status } of testResults) {
      const failures = assertionResults.filter((test) => test.status === "failed").length;
      passed += assertionResults.filter((test) => test.status === "passed").length;
      failed += failures === 0 && status === "failed" ? 1 : failures;
    }
  }
  // An error outside any test (or no report at all) must not look like a success.
  if (failed === 0 && exitCode !== 0) failed = 1;
  return { passed, failed };
}

async function test() {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const directory = mkdtempSync(join(tmpdir(), "askpro-report-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run(process.execPath, [vitest, "run", ...reporters, ...args]);
  const { passed, failed } = tally(report, code);
  rmSync(directory, { recursive: true, force: true });
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

checkNode();
if (command !== "test" && !(command in SCRIPTS)) {
  fail(`usage: node dev/bootstrap.mjs ${["test", ...Object.keys(SCRIPTS)].join(" | ")} [arguments]`);
}
process.chdir(ROOT);
if (!isInstalled()) await install();
process.env.PATH = [join(ROOT, "node_modules", ".bin"), process.env.PATH].join(delimiter);
if (command === "test") {
  await test();
} else {
  const script = join(ROOT, SCRIPTS[command]);
  if (!existsSync(script)) fail(`${SCRIPTS[command]} is not there.`);
  process.argv = [process.execPath, script, ...args];
  const { register } = await import("tsx/esm/api");
  register();
  await import(pathToFileURL(script).href);
}
