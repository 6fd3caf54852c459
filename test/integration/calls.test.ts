import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../db/client.js";
import { Agent } from "../../dev/calls/agent.js";
import { ZENTRALE } from "../../dev/calls/play.js";
import { perform } from "../../dev/calls/player.js";
import { ELSEWHERE, PLAYS } from "../../dev/calls/plays/all.js";
import { script } from "../../dev/calls/script.js";
import type { Stage } from "../../dev/calls/stage.js";
import { Call, strangersNumber } from "../../dev/calls/telephone.js";
import { isClosedDay } from "../../domain/availability/holidays.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { BEGAN } from "../support/calendar.js";
import { closeGateways, type GatewayProcess, startGateway } from "../support/processes.js";

const RETELL_KEY = "key_of_the_plays";
/** Long enough for every play that does not wait for it, on a busy machine. */
const HOLD_SECONDS = 20;

let stage: Stage;
let database: Database;

/** An installation whose worker can really be killed, with the salon that `npm start` has. */
beforeAll(async () => {
  const shipped = JSON.parse(
    await readFile(new URL("../../dev/tenants/friseur-1.json", import.meta.url), "utf8"),
  );
  let document: TenantDocument | null = null;
  const gateway = await startGateway({
    env: { RETELL_API_KEY: RETELL_KEY, HOLD_SECONDS: String(HOLD_SECONDS), CALCOM_TIMEOUT_SECONDS: "2" },
    document: (base) => {
      document = parseDocument({ ...shipped, calcom: { ...base.calcom, teamId: shipped.calcom.teamId } });
      return document;
    },
  });
  if (document === null) throw new Error("the installation has no document");
  await gateway.startApi();
  let worker: GatewayProcess = await gateway.startWorker();
  database = gateway.admin;
  stage = {
    apiUrl: gateway.url,
    token: gateway.token,
    retellKey: RETELL_KEY,
    companyId: gateway.companyId,
    document,
    simulatorUrl: gateway.calcom.url,
    temporal: gateway.temporal,
    database,
    killWorker: async () => {
      await worker.kill();
      void gateway.startWorker().then((next) => {
        worker = next;
      });
    },
    holdMs: HOLD_SECONDS * 1_000,
    patienceMs: 90_000,
  };
}, 180_000);
afterAll(closeGateways, 60_000);

/** A day from Tuesday to Thursday of the week after next that is no public holiday. */
function workday(): string {
  const region = stage.document.branches[0]?.region ?? null;
  const days = [1, 2, 3].map((day) => BEGAN.startOf("week").plus({ weeks: 2, days: day }));
  const open = days.find((day) => !isClosedDay({ closedOn: [], openOn: [], region }, day.toISODate() ?? ""));
  return open?.setLocale("de").weekdayLong ?? "";
}

describe("a call", () => {
  for (const play of PLAYS) {
    it(`ends as it was said: ${play.title}.`, { timeout: 180_000 }, async () => {
      const heard: string[] = [];
      const { faults } = await perform(
        stage,
        play,
        script((line) => heard.push(line)),
      );
      expect(faults, heard.join("\n")).toEqual([]);
    });
  }

  it("can be held with the agent of the terminal: booked, moved, heard of, cancelled, called back.", async () => {
    const call = new Call(stage, { from: strangersNumber(), to: ZENTRALE });
    const heard: string[] = [];
    const agent = new Agent(
      call,
      script((line) => heard.push(line)),
    );
    await call.ring();
    const codes = async (text: string) => {
      await agent.hears(text);
      return call.used.at(-1)?.answer.code;
    };
    expect(await codes("Ich hätte gern einen Herrenhaarschnitt bei Emma, so bald wie möglich")).toBe(
      "OFFERS",
    );
    expect(await codes("den ersten")).toBe("NEEDS_NAME");
    expect(await codes("Mein Name ist Jörg Brandt")).toBe("CONFIRM");
    expect(await codes("ja, genau"), heard.join("\n")).toBe("BOOKED");
    expect(await codes("Welche Termine habe ich?")).toBe("APPOINTMENTS");
    await agent.hears("Ich möchte meinen Termin verschieben");
    expect(await codes(`übernächste Woche ${workday()} vormittag`)).toBe("OFFERS");
    expect(await codes("den zweiten")).toBe("CONFIRM");
    expect(await codes("ja, bitte"), heard.join("\n")).toBe("RESCHEDULED");
    expect(await codes("Ich möchte meinen Termin absagen")).toBe("CONFIRM");
    expect(await codes("nein, bitte absagen"), heard.join("\n")).toBe("CANCELLED");
    expect(await codes("Können Sie mich zurückrufen?")).toBe("CALLBACK");
    await call.hangUp();
  });

  it("meets each of the 25 faults, or another test does.", () => {
    const met = new Set([
      ...PLAYS.flatMap((play) => play.faults ?? []),
      ...Object.keys(ELSEWHERE).map(Number),
    ]);
    expect([...met].sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  });
});
