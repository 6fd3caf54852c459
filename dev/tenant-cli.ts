import { parseArgs } from "node:util";
import { z } from "zod";
import { Failure } from "./tenant-cli-failure.js";
import { describeOpen, readJson, slugOfFile } from "./tenant-cli-files.js";
import { ask } from "./tenant-cli-gateway.js";
import { newTenant } from "./tenant-cli-new.js";
import { provision } from "./tenant-cli-provision.js";

const USAGE = `npm run tenant -- <command>

  apply FILE [--dry-run] [--slug SLUG]  makes the company what the file says; SLUG is the file's name without .json
  export SLUG                           prints the company as a document, without secrets
  token SLUG [LABEL]                    makes a token and prints it, this once
  verify SLUG [--coverage]              asks Cal.com whether everything is as the document says; --coverage also
                                        prints who can be booked for which service
  new SLUG --from SLUG|FILE             writes tenants/SLUG.json, a new company like another one, and says what is
                                        to be filled in
      [--name NAME] [--out FILE]
      [--simulator]                     fills it in with a team of its own in the simulator of "npm start"
      [--apply]                         goes on with provision and apply when nothing is open
  provision FILE                        makes the event types that the file lacks in Cal.com and writes their numbers
                                        into it; may be repeated, changes nothing that is there

A new company: new, fill in the file, provision, apply, verify, token. To try it out, all of it at once:
  npm run tenant -- new salon-zwei --from friseur-1 --simulator --apply

The gateway is the one at PUBLIC_URL, else on this machine at PORT; the token is ADMIN_TOKEN. Cal.com is that of the
file, else CALCOM_BASE_URL with CALCOM_API_KEY. Of all of these the installation of "npm start" is the default; its
simulator is looked for at SIMULATOR_URL, else where the last start put it.`;

const differencesSchema = z.looseObject({
  differences: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
});
const documentSchema = z.looseObject({ tokens: z.array(z.unknown()).optional() });
const tokenSchema = z.looseObject({ token: z.string() });
const findingsSchema = z.looseObject({
  ok: z.boolean(),
  differences: z.array(z.object({ path: z.string(), text: z.string() })),
  coverage: z
    .array(
      z.object({
        service: z.string(),
        branch: z.string(),
        staff: z.string(),
        missingPhases: z.array(z.string()),
      }),
    )
    .default([]),
});

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function apply(file: string, slug: string | undefined, dryRun: boolean): Promise<void> {
  const document = await readJson(file);
  const open = describeOpen(document);
  if (open !== null) throw new Failure(`${file} is not applied; still to be filled in:\n${open}`);
  const name = slug ?? slugOfFile(file);
  const path = `${encodeURIComponent(name)}${dryRun ? "?dryRun=true" : ""}`;
  const { differences } = await ask("PUT", path, differencesSchema, document);
  for (const one of differences) {
    say(`${one.path}: ${JSON.stringify(one.before)} → ${JSON.stringify(one.after)}`);
  }
  const count = differences.length === 1 ? "1 difference" : `${differences.length} differences`;
  say(`${name}: ${count}${dryRun ? ", nothing changed (dry run)" : ", applied"}`);
}

async function verify(slug: string, withCoverage: boolean): Promise<void> {
  const path = `${encodeURIComponent(slug)}/verify`;
  const { ok, differences, coverage } = await ask("POST", path, findingsSchema);
  if (withCoverage) {
    const services = [...new Set(coverage.map((row) => row.service))];
    const width = Math.max(...services.map((service) => service.length));
    for (const service of services) {
      const people = coverage
        .filter((row) => row.service === service)
        .map(({ staff, branch, missingPhases }) =>
          missingPhases.length === 0
            ? `${staff}@${branch}`
            : `(${staff}@${branch} lacks ${missingPhases.join(", ")})`,
        );
      say(`${service.padEnd(width)}  ${people.join("  ")}`);
    }
  }
  for (const one of differences) say(`${one.path}: ${one.text}`);
  if (!ok) process.exitCode = 1;
  say(ok ? `${slug}: everything is as the document says` : `${slug}: ${differences.length} to mend`);
}

async function makeEventTypes(file: string): Promise<void> {
  const { made, found } = await provision(file, say);
  say(`${file}: ${made} event types made, ${found} found`);
}

interface NewOptions {
  from: string | undefined;
  name: string | undefined;
  out: string | undefined;
  simulator: boolean;
  apply: boolean;
}

async function makeNew(slug: string, options: NewOptions): Promise<void> {
  const { from, name = null, out: file = `tenants/${slug}.json`, simulator } = options;
  if (from === undefined) throw new Failure(`which company is it like?\n\n${USAGE}`);
  await newTenant({ slug, from, name, file, simulator }, say);
  const tenant = "npm run tenant --";
  if (!options.apply) {
    say(`Then:\n  ${tenant} provision ${file}\n  ${tenant} apply ${file} --slug ${slug}`);
  } else {
    await makeEventTypes(file);
    await apply(file, slug, false);
  }
  say(`${options.apply ? "Then:\n" : ""}  ${tenant} verify ${slug}\n  ${tenant} token ${slug}`);
  if (!simulator) {
    say(`In Cal.com, a webhook of the team to PUBLIC_URL/api/webhooks/calcom/${slug}, with the secret.`);
  }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      slug: { type: "string" },
      coverage: { type: "boolean", default: false },
      from: { type: "string" },
      name: { type: "string" },
      out: { type: "string" },
      simulator: { type: "boolean", default: false },
      apply: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [command, subject, label, ...rest] = positionals;
  if (values.help || command === undefined) return say(USAGE);
  if (subject === undefined || rest.length > 0 || (label !== undefined && command !== "token")) {
    throw new Failure(USAGE);
  }
  switch (command) {
    case "apply":
      return await apply(subject, values.slug, values["dry-run"]);
    case "export": {
      const { tokens: _, ...document } = await ask("GET", encodeURIComponent(subject), documentSchema);
      return say(JSON.stringify(document, null, 2));
    }
    case "token": {
      const path = `${encodeURIComponent(subject)}/tokens`;
      const { token } = await ask("POST", path, tokenSchema, { label: label ?? "command line" });
      return say(token);
    }
    case "verify":
      return await verify(subject, values.coverage);
    case "new":
      return await makeNew(subject, {
        from: values.from,
        name: values.name,
        out: values.out,
        simulator: values.simulator,
        apply: values.apply,
      });
    case "provision":
      return await makeEventTypes(subject);
    default:
      throw new Failure(USAGE);
  }
}

main().catch((error: unknown) => {
  const isUsage =
    error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  const text =
    error instanceof Failure || isUsage
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
