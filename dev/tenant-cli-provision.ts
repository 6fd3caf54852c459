import type { CalcomAccount, CalcomEventType } from "../calcom/client.js";
import { createCalcomClient } from "../calcom/create-client.js";
import { CalcomError } from "../calcom/errors.js";
import { createMemoryBudget } from "../calcom/memory-budget.js";
import type { TenantDocument } from "../domain/tenant/document.js";
import { type PlannedEventType, plannedEventType } from "../domain/tenant/template.js";
import { Failure } from "./tenant-cli-failure.js";
import {
  describeOpen,
  isProvisional,
  parsed,
  readJson,
  withIds,
  withoutOpenIds,
  writeJson,
} from "./tenant-cli-files.js";
import { settings } from "./tenant-cli-gateway.js";

/** Cal.com allows a key so much a minute; people on the phone go before us. */
const GIVE_UP_AFTER_MS = 10 * 60_000;
const TRIES = 4;
/** A person looks on while the budget is waited for. */
const TELL_EVERY = 20;
const PAUSE_MS = 2_000;

/** The event types of one document that are to be made, and those that were found or made. */
export interface Provisioned {
  made: number;
  found: number;
}

interface Wanted {
  /** Places in the document's `eventTypes`. */
  indexes: number[];
  plan: PlannedEventType;
  hostIds: number[];
}

/**
 * Makes the event types that a document still lacks in Cal.com and writes their numbers into the file. One that is
 * there under its slug is taken over when it is as it should be, so this may be run again after any failure; one
 * that differs is named and left alone (salon-gateway 6.4, 11.42, 11.49). Everything is read back in the end.
 *
 * @throws Failure with what is missing, refused or different
 */
export async function provision(file: string, say: (line: string) => void): Promise<Provisioned> {
  const json = await readJson(file);
  const checked = withoutOpenIds(json);
  const open = describeOpen(checked);
  if (open !== null) throw new Failure(`${file}: first fill in\n${open}`);
  const document = parsed(checked, file);
  const wanted = wantedTypes(document);
  if (wanted.length === 0) return { made: 0, found: 0 };
  const account = accountOf(document);
  const client = createCalcomClient({
    budget: createMemoryBudget(),
    timeouts: { writeMs: 25_000, readMs: 15_000 },
    breaker: { openMs: 5_000 },
    requestsPerMinute: settings().calcom.requestsPerMinute,
  });
  const work = new Provisioning(client, account, say);
  try {
    const ids = await work.run(wanted);
    await writeJson(file, withIds(json, ids));
    return { made: work.made, found: wanted.length - work.made };
  } catch (error) {
    // What was made is kept: the next run finds it by its slug, but who looks into the file should see it too.
    if (work.ids.size > 0) await writeJson(file, withIds(json, work.ids));
    if (error instanceof CalcomError) throw new Failure(`Cal.com at ${account.baseUrl}: ${said(error)}`);
    throw error;
  } finally {
    await client.close();
  }
}

function wantedTypes(document: TenantDocument): Wanted[] {
  const wanted = new Map<string, Wanted & { of: string }>();
  const problems: string[] = [];
  document.eventTypes.forEach((mapping, index) => {
    if (!isProvisional(mapping.calcomEventTypeId)) return;
    const path = `eventTypes[${index}]`;
    const plan = plannedEventType(document, [mapping]);
    const of = `${mapping.service}/${mapping.phase}`;
    const same = wanted.get(plan.slug);
    if (same && same.of === of) {
      same.indexes.push(index);
      return;
    }
    if (same) problems.push(`${path}: would have the address "${plan.slug}" of ${same.of}`);
    const hosts = document.staff.filter((member) => plan.hosts.includes(member.slug));
    if (hosts.length === 0) problems.push(`${path}: nobody can do ${mapping.service} there`);
    for (const member of hosts.filter((one) => one.calcomUserId === null)) {
      problems.push(`${path}: ${member.slug} has no calcomUserId`);
    }
    const hostIds = hosts.flatMap((member) => member.calcomUserId ?? []);
    wanted.set(plan.slug, { indexes: [index], plan, hostIds, of });
  });
  if (problems.length > 0) throw new Failure(problems.join("\n"));
  return [...wanted.values()];
}

function accountOf(document: TenantDocument): CalcomAccount {
  const { calcom } = settings();
  const baseUrl = document.calcom.baseUrl ?? calcom.baseUrl;
  // The installation's key is not sent to another server only because a document names one.
  const apiKey = document.calcom.apiKey ?? (baseUrl === calcom.baseUrl ? calcom.apiKey : null);
  if (!apiKey) {
    throw new Failure(`there is no key for ${baseUrl}: set CALCOM_API_KEY, or calcom.apiKey in the document`);
  }
  return { companyId: "command-line", baseUrl, apiKey, teamId: document.calcom.teamId };
}

class Provisioning {
  /** By place in the document. */
  readonly ids = new Map<number, number>();
  made = 0;
  readonly #until = Date.now() + GIVE_UP_AFTER_MS;

  constructor(
    private readonly client: ReturnType<typeof createCalcomClient>,
    private readonly account: CalcomAccount,
    private readonly say: (line: string) => void,
  ) {}

  async run(wanted: readonly Wanted[]): Promise<Map<number, number>> {
    let there = await this.#listed();
    let told = 0;
    for (const one of wanted) {
      const found = there.get(one.plan.slug) ?? null;
      if (found) this.#refuseDifferent(one, await this.#whole(one, found));
    }
    for (const one of wanted) {
      const type = there.get(one.plan.slug) ?? (await this.#make(one));
      for (const index of one.indexes) this.ids.set(index, type.id);
      if (this.made > told && this.made % TELL_EVERY === 0) {
        told = this.made;
        this.say(`  ${told} of ${wanted.length} event types made`);
      }
    }
    there = await this.#listed();
    for (const one of wanted) {
      const type = there.get(one.plan.slug);
      if (!type) throw new Failure(`${one.plan.slug} was made and is not there any more`);
      this.#refuseDifferent(one, await this.#whole(one, type));
    }
    return this.ids;
  }

  async #make(one: Wanted): Promise<CalcomEventType> {
    const { plan, hostIds } = one;
    for (let tries = 1; ; tries++) {
      try {
        const type = await this.#patiently(() =>
          this.client.eventTypes.create(
            this.account,
            {
              slug: plan.slug,
              title: plan.title,
              lengthInMinutes: plan.minutes,
              hidden: plan.hidden,
              minimumBookingNoticeMinutes: plan.minimumNoticeMinutes,
              hostIds,
              place: plan.place,
            },
            { lane: "background" },
          ),
        );
        this.made += 1;
        return type;
      } catch (error) {
        if (!(error instanceof CalcomError)) throw error;
        // Made all the same, or by another run at the same time: its address tells.
        const found = (await this.#listed()).get(plan.slug);
        if (found) {
          if (error.mayHaveHappened) this.made += 1;
          return found;
        }
        if (!error.mayHaveHappened || tries >= TRIES) {
          throw new Failure(`Cal.com does not make "${plan.title}" (${plan.slug}): ${said(error)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async #listed(): Promise<Map<string, CalcomEventType>> {
    const types = await this.#patiently(() =>
      this.client.teamEventTypes(this.account, { lane: "background" }),
    );
    return new Map(types.map((type) => [type.slug, type]));
  }

  /** Lists may name fewer hosts than there are. */
  async #whole(one: Wanted, type: CalcomEventType): Promise<CalcomEventType> {
    if (sameHosts(one, type)) return type;
    return await this.#patiently(() => this.client.eventType(this.account, type.id, { lane: "background" }));
  }

  #refuseDifferent(one: Wanted, type: CalcomEventType): void {
    const { plan } = one;
    const differences = [
      type.lengthInMinutes === plan.minutes ? null : `${type.lengthInMinutes} minutes, not ${plan.minutes}`,
      type.schedulingType === "roundRobin" ? null : `${type.schedulingType}, not round robin`,
      sameHosts(one, type)
        ? null
        : `hosts ${type.hosts.map((host) => host.id).join(", ") || "nobody"}, not ${one.hostIds.join(", ")}`,
      type.hidden || !plan.hidden ? null : "not hidden",
    ].filter((text) => text !== null);
    if (differences.length === 0) return;
    throw new Failure(
      `the event type ${type.id} (${plan.slug}) has ${differences.join("; ")}. It is left as it is: ` +
        "change or delete it in Cal.com, or name it in the document and let `verify` compare",
    );
  }

  /** Waits for the budget, which callers on the phone use first. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const waits =
          error instanceof CalcomError && ["budget_exhausted", "rate_limited"].includes(error.kind);
        if (!waits || Date.now() > this.#until) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}

function sameHosts(one: Wanted, type: CalcomEventType): boolean {
  const hosts = new Set(type.hosts.map((host) => host.id));
  return hosts.size === one.hostIds.length && one.hostIds.every((id) => hosts.has(id));
}

function said(error: CalcomError): string {
  return `${error.message} (${error.kind}${error.status === undefined || error.status === null ? "" : `, ${error.status}`})`;
}
