import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";

const USAGE = `npm run tenant -- <command>

  apply FILE [--dry-run] [--slug SLUG]  makes the company what the file says; SLUG is the file's name without .json
  export SLUG                           prints the company as a document, without secrets
  token SLUG [LABEL]                    makes a token and prints it, this once
  verify SLUG                           asks Cal.com whether everything is as the document says

The gateway is the one at PUBLIC_URL, else on this machine at PORT; the token is ADMIN_TOKEN. Of both the
installation of "npm start" is the default.`;

/** Said to the person at the shell as it is; everything else is a defect and shows its stack. */
class Failure extends Error {}

const DATA = new URL("../.data/secrets.json", import.meta.url);
const savedSchema = z.object({ adminToken: z.string().optional(), seededFor: z.string().nullish() });

interface Gateway {
  url: string;
  adminToken: string;
}

function gateway(): Gateway {
  const envFile = fileURLToPath(new URL("../.env", import.meta.url));
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const saved = existsSync(DATA) ? savedSchema.parse(JSON.parse(readFileSync(DATA, "utf8"))) : {};
  const { PUBLIC_URL, PORT, ADMIN_TOKEN } = process.env;
  // The last word is where the API of `npm start` listens: its port may not be the usual one.
  const started = saved.seededFor?.split(" ").at(-1);
  const url = PUBLIC_URL || (PORT ? `http://127.0.0.1:${PORT}` : (started ?? "http://127.0.0.1:3000"));
  const adminToken = ADMIN_TOKEN || saved.adminToken;
  if (!adminToken)
    throw new Failure("ADMIN_TOKEN is not set, and there is no installation of npm start here");
  return { url: url.replace(/\/+$/, ""), adminToken };
}

const problemSchema = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

async function ask<T extends z.ZodType>(
  method: string,
  path: string,
  answer: T,
  body?: unknown,
): Promise<z.output<T>> {
  const { url, adminToken } = gateway();
  let response: Response;
  try {
    response = await fetch(`${url}/api/admin/companies/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Failure(`the gateway at ${url} cannot be reached: ${cause}`);
  }
  const text = await response.text();
  if (!response.ok) throw new Failure(describe(response.status, text));
  return answer.parse(JSON.parse(text));
}

function describe(status: number, text: string): string {
  let parsed: z.infer<typeof problemSchema> = {};
  try {
    parsed = problemSchema.parse(JSON.parse(text));
  } catch {
    // Something between us and the gateway answered, a proxy for instance.
  }
  const errors = (parsed.errors ?? []).map(
    ({ field, message }) => `\n  ${field || "(document)"}: ${message}`,
  );
  return `${status} ${parsed.detail ?? parsed.title ?? ""}${errors.join("")}`.trim();
}

const differencesSchema = z.looseObject({
  differences: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
});
const documentSchema = z.looseObject({ tokens: z.array(z.unknown()).optional() });
const tokenSchema = z.looseObject({ token: z.string() });
const findingsSchema = z.looseObject({
  ok: z.boolean(),
  differences: z.array(z.object({ path: z.string(), text: z.string() })),
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function apply(file: string, slug: string | undefined, dryRun: boolean): Promise<void> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const name = slug ?? file.replace(/^.*[\\/]/, "").replace(/\.json$/, "");
  const path = `${encodeURIComponent(name)}${dryRun ? "?dryRun=true" : ""}`;
  const { differences } = await ask("PUT", path, differencesSchema, document);
  for (const one of differences) {
    say(`${one.path}: ${JSON.stringify(one.before)} → ${JSON.stringify(one.after)}`);
  }
  const count = differences.length === 1 ? "1 difference" : `${differences.length} differences`;
  say(`${name}: ${count}${dryRun ? ", nothing changed (dry run)" : ", applied"}`);
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      slug: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, subject, label, ...rest] = positionals;
  if (values.help || command === undefined) return say(USAGE);
  if (subject === undefined || rest.length > 0 || (label !== undefined && command !== "token")) {
    throw new Failure(USAGE);
  }
  const slug = encodeURIComponent(subject);
  switch (command) {
    case "apply":
      return await apply(subject, values.slug, values["dry-run"]);
    case "export": {
      const { tokens: _, ...document } = await ask("GET", slug, documentSchema);
      return say(JSON.stringify(document, null, 2));
    }
    case "token": {
      const { token } = await ask("POST", `${slug}/tokens`, tokenSchema, { label: label ?? "command line" });
      return say(token);
    }
    case "verify": {
      const { ok, differences } = await ask("POST", `${slug}/verify`, findingsSchema);
      for (const one of differences) say(`${one.path}: ${one.text}`);
      if (!ok) process.exitCode = 1;
      return say(
        ok ? `${subject}: everything is as the document says` : `${subject}: ${differences.length} to mend`,
      );
    }
    default:
      throw new Failure(USAGE);
  }
}

main().catch((error: unknown) => {
  const isUsage =
    error instanceof TypeError && "code" in error && error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
  const text =
    error instanceof Failure || isUsage
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
