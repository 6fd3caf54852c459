// dist/: what the image runs. Compiled code, migrations, the workflow bundle, and whatever stands beside code
// that is not code.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const DIST = join(ROOT, "dist");
const PRODUCTION = ["domain", "db", "calcom", "activities", "workflows", "api"];
/** Read at run time by the code beside them. */
const ASSET = /\.(sql|json|html|css|svg|png|ico|txt|mjs|js)$/;
const NOT_SHIPPED = /(^|\/)(fixtures|__fixtures__)(\/|$)/;

rmSync(DIST, { recursive: true, force: true });

const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const folder of PRODUCTION) copyAssets(join(ROOT, folder));

const entry = join(DIST, "workflows", "index.js");
if (existsSync(entry)) {
  const { bundleWorkflowCode, DefaultLogger } = await import("@temporalio/worker");
  const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: new DefaultLogger("WARN") });
  writeFileSync(join(DIST, "workflow-bundle.js"), code);
  process.stdout.write(`workflow bundle: ${Math.round(code.length / 1024)} KiB\n`);
}

function copyAssets(folder) {
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !ASSET.test(file.name)) continue;
    const source = join(file.parentPath, file.name);
    const path = relative(ROOT, source);
    if (NOT_SHIPPED.test(path)) continue;
    const target = join(DIST, path);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
  }
}
