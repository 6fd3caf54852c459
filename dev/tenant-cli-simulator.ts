import { z } from "zod";
import { openItems } from "../domain/tenant/template.js";
import { hostSchema, keySchema, teamSchema } from "./calcom-simulator/model.js";
import { seedSimulator, simulatorSeed } from "./seed/simulator.js";
import { Failure } from "./tenant-cli-failure.js";
import { type JsonObject, parsed } from "./tenant-cli-files.js";
import { settings } from "./tenant-cli-gateway.js";

const catalogueSchema = z.object({
  data: z.object({
    hosts: z.array(hostSchema),
    teams: z.array(teamSchema),
    keys: z.array(keySchema),
    webhooks: z.array(z.looseObject({ id: z.string(), url: z.string(), secret: z.string().nullable() })),
  }),
});
type Catalogue = z.output<typeof catalogueSchema>["data"];

const templateSchema = z.looseObject({
  calcom: z.looseObject({}),
  branches: z.array(z.looseObject({ slug: z.string() })),
  staff: z.array(z.looseObject({ slug: z.string() })),
});

/** Of the installation's own companies, as the seed names it. */
const GATEWAY = /^gateway-/;

/**
 * Fills a template with a team and people of its own in the simulator of `npm start`, as a person would in Cal.com,
 * with telephone numbers that belong to nobody (030 23125, kept free for films). Event types stay open.
 *
 * @throws Failure when there is no simulator, or the template cannot be read
 */
export async function fillFromSimulator(template: JsonObject, slug: string): Promise<JsonObject> {
  const { simulator, calcom } = settings();
  if (simulator === null) throw new Failure("there is no simulator: the environment names a Cal.com");
  const there = await catalogueOf(simulator);
  const json = templateSchema.parse(template);
  const known = there.teams.find((team) => team.slug === slug);
  const teamId = known?.id ?? above(there.teams);
  const firstFree = above(there.hosts);
  const filled = {
    ...json,
    calcom: { ...json.calcom, teamId },
    branches: json.branches.map((branch, index) => ({ ...branch, phoneNumbers: [numberFor(teamId, index)] })),
    staff: json.staff.map((member, index) => ({
      ...member,
      calcomUserId:
        there.hosts.find((host) => host.username === `${slug}-${member.slug}`)?.id ?? firstFree + index,
    })),
  };
  const document = parsed({ ...filled, eventTypes: [] }, slug);
  const gateway = there.webhooks.find((hook) => GATEWAY.test(hook.id));
  const apiKey = calcom.apiKey ?? there.keys[0]?.key;
  const secret = calcom.webhookSecret ?? gateway?.secret;
  if (!apiKey || !secret)
    throw new Failure("the simulator is not that of npm start: it has no key or webhook");
  const origin = gateway === undefined ? settings().url : new URL(gateway.url).origin;
  await seedSimulator(
    simulator,
    simulatorSeed(document, {
      companySlug: slug,
      apiKey,
      webhook: { url: `${origin}/api/webhooks/calcom/${slug}`, secret },
    }),
  );
  if (openItems(filled).some(({ path }) => !path.startsWith("eventTypes"))) {
    throw new Failure("the template has places that the simulator knows nothing for");
  }
  return filled;
}

async function catalogueOf(simulator: string): Promise<Catalogue> {
  try {
    const response = await fetch(`${simulator}/_sim/catalogue`, { signal: AbortSignal.timeout(10_000) });
    return catalogueSchema.parse(await response.json()).data;
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Failure(`there is no simulator at ${simulator} (SIMULATOR_URL): ${cause}`);
  }
}

function above(items: readonly { id: number }[]): number {
  return Math.max(2_000_000, ...items.map((item) => item.id)) + 1;
}

function numberFor(teamId: number, index: number): string {
  return `+493023125${String((teamId * 10 + index) % 1_000).padStart(3, "0")}`;
}
