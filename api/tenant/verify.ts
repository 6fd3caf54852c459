import type { CalcomClient, CalcomEventType, CallOptions } from "../../calcom/client.js";
import { CalcomError } from "../../calcom/errors.js";
import type { ContestedRoute } from "../../db/tenant/contested-routes.js";
import type { CalcomAccess } from "../../db/tenant/directory.js";
import type { Catalogue } from "../../domain/tenant/catalogue.js";
import { verifyDocument } from "./verify-coverage.js";
import { compareEventType, expectedHosts } from "./verify-event-type.js";
import type { Finding } from "./verify-finding.js";

export type VerifyClient = Pick<CalcomClient, "eventType" | "teamEventTypes" | "teams" | "me">;

export interface VerifyOptions {
  /** Numbers and agents of the company that another one named first. */
  contested?: readonly ContestedRoute[];
  signal?: AbortSignal;
}

/** At once; each key has a budget that callers on the phone need more. */
const CONCURRENCY = 4;

/** The errors that say something about one event type; with any other nothing can be said about the rest, too. */
const OUT_OF_SIGHT = ["not_found", "forbidden"];

/**
 * Asks Cal.com whether every event type, host and length is as the document says, and checks that every service
 * can be booked with somebody (salon-gateway 11.36–11.38: a map that looked complete and was not) and that calls
 * reach the company.
 *
 * @throws CalcomError when Cal.com cannot be asked.
 */
export async function verifyTenant(
  calcom: VerifyClient,
  account: CalcomAccess,
  catalogue: Catalogue,
  { contested = [], signal }: VerifyOptions = {},
): Promise<Finding[]> {
  const options: CallOptions = { lane: "background", ...(signal ? { signal } : {}) };
  const findings = [...verifyDocument(catalogue), ...contested.map((route) => claimed(catalogue, route))];
  if (account.apiKey === "") {
    return [...findings, { path: "calcom.apiKey", text: "there is no key for this base URL" }];
  }
  try {
    await calcom.me(account, options);
  } catch (error) {
    if (!isKind(error, ["unauthorized", "forbidden"])) throw error;
    return [...findings, { path: "calcom.apiKey", text: "Cal.com does not accept the key" }];
  }
  return [...findings, ...(await new Inspection(calcom, account, catalogue, options).run())];
}

function claimed(catalogue: Catalogue, { kind, value }: ContestedRoute): Finding {
  const branch = catalogue.branches.find((one) => one.phoneNumbers.includes(value));
  return kind === "phone"
    ? {
        path: `branches[${branch?.slug ?? "?"}].phoneNumbers`,
        text: `${value} was named by another company first: its calls go there`,
      }
    : {
        path: "retell.agentIds",
        text: `${value} was named by another company first: only the called number leads its calls here`,
      };
}

/** One look at a company's event types. */
class Inspection {
  readonly #ids: number[];
  /** What the team's list holds; one request instead of one for each event type. */
  #listed = new Map<number, CalcomEventType>();
  #otherTeams: Promise<Map<number, string>> | null = null;

  constructor(
    private readonly calcom: VerifyClient,
    private readonly account: CalcomAccess,
    private readonly catalogue: Catalogue,
    private readonly options: CallOptions,
  ) {
    this.#ids = [...new Set(catalogue.eventTypes.map((mapping) => mapping.calcomEventTypeId))];
  }

  async run(): Promise<Finding[]> {
    const findings: Finding[] = [];
    try {
      const types = await this.calcom.teamEventTypes(this.account, this.options);
      this.#listed = new Map(types.map((type) => [type.id, type]));
    } catch (error) {
      if (!isKind(error, OUT_OF_SIGHT)) throw error;
      findings.push({ path: "calcom.teamId", text: `Cal.com shows the key no team ${this.account.teamId}` });
    }
    const known = this.#ids.find((id) => this.#listed.has(id));
    if (known !== undefined && (await this.#read(known)) === null) {
      // The list is public. Who is no admin sees neither the event types nor the bookings of the others (calcom.md 1.6).
      findings.push({
        path: "calcom.apiKey",
        text: `belongs to nobody who administers team ${this.account.teamId}: the team's bookings cannot be seen`,
      });
    }
    const found = await this.#each(this.#ids, (id) => this.#find(id));
    const seen = new Set(
      [...found, ...this.#listed.values()].flatMap((type) => type?.hosts ?? []).map((host) => host.id),
    );
    const strangers = this.#strangers(seen);
    findings.push(
      ...[...strangers].map(([slug, id]) => ({
        path: `staff[${slug}].calcomUserId`,
        text: `user ${id} hosts no event type of the team: the id is wrong, or the user is no member of it`,
      })),
    );
    const ids = new Set(strangers.values());
    for (const [index, type] of found.entries()) {
      const id = this.#ids[index];
      if (type) findings.push(...compareEventType(this.catalogue, type, ids), ...this.#compareTeam(type));
      else if (id !== undefined) findings.push({ path: `eventTypes[${id}]`, text: await this.#whereIs(id) });
    }
    return findings;
  }

  /** From the list, where that is as it should be: lists may name fewer hosts than there are. */
  async #find(id: number): Promise<CalcomEventType | null> {
    const listed = this.#listed.get(id);
    const hosts = new Set(listed?.hosts.map((host) => host.id));
    const complete = expectedHosts(this.catalogue, id).every(
      ({ calcomUserId }) => calcomUserId === null || hosts.has(calcomUserId),
    );
    if (listed && complete) return listed;
    return (await this.#read(id)) ?? listed ?? null;
  }

  async #read(id: number): Promise<CalcomEventType | null> {
    try {
      return await this.calcom.eventType(this.account, id, this.options);
    } catch (error) {
      if (isKind(error, OUT_OF_SIGHT)) return null;
      throw error;
    }
  }

  /** Staff whom the document books, and Cal.com nowhere. */
  #strangers(seen: ReadonlySet<number>): Map<string, number> {
    const expected = new Set(this.#ids.flatMap((id) => expectedHosts(this.catalogue, id)));
    return new Map(
      [...expected].flatMap((member) =>
        member.calcomUserId === null || seen.has(member.calcomUserId)
          ? []
          : [[member.slug, member.calcomUserId] as const],
      ),
    );
  }

  #compareTeam(type: CalcomEventType): Finding[] {
    if (type.teamId === null || type.teamId === this.account.teamId) return [];
    const wanted = this.account.teamId === null ? "none" : String(this.account.teamId);
    return [
      {
        path: `eventTypes[${type.id}].teamId`,
        text: `belongs to team ${type.teamId}; the document's team is ${wanted}`,
      },
    ];
  }

  async #whereIs(id: number): Promise<string> {
    this.#otherTeams ??= this.#typesOfOtherTeams();
    const team = (await this.#otherTeams).get(id);
    return team === undefined
      ? "is not in Cal.com, or the key may not see it"
      : `belongs to ${team}; the document's team is ${this.account.teamId ?? "none"}`;
  }

  async #typesOfOtherTeams(): Promise<Map<number, string>> {
    const teams = (await this.calcom.teams(this.account, this.options)).filter(
      (team) => team.id !== this.account.teamId,
    );
    const types = await this.#each(teams, async (team) => {
      const account = { ...this.account, teamId: team.id };
      return (await this.calcom.teamEventTypes(account, this.options)).map(
        (type) => [type.id, `team ${team.id}`] as const,
      );
    });
    return new Map(types.flat());
  }

  async #each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const queue = items.entries();
    const worker = async () => {
      for (const [index, item] of queue) results[index] = await work(item);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return results;
  }
}

function isKind(error: unknown, kinds: readonly string[]): boolean {
  return error instanceof CalcomError && kinds.includes(error.kind);
}
