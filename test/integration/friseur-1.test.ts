import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { connect, type Database } from "../../db/client.js";
import { applyDocument } from "../../db/tenant/apply.js";
import { exportDocument } from "../../db/tenant/export.js";
import { startSimulator } from "../../dev/calcom-simulator/simulator.js";
import { fingerprint, SHIPPED } from "../../dev/seed/shipped-documents.js";
import { seedSimulator, simulatorSeed } from "../../dev/seed/simulator.js";
import { seed } from "../../dev/seed.js";
import { isClosedDay } from "../../domain/availability/holidays.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";
import { FILL_IN } from "../../domain/tenant/template.js";
import { matchServices } from "../../domain/voice/service-match.js";
import { createTestDatabase, type TestDatabase } from "../support/database.js";
import { daysAhead, type Salon, startSalon, until, WEBHOOK_SECRET } from "../support/salon.js";

const FILE = fileURLToPath(new URL("../../dev/tenants/friseur-1.json", import.meta.url));
const CLI = fileURLToPath(new URL("../../dev/tenant-cli.ts", import.meta.url));
const FIRST_SHIPPED = new URL("../../dev/seed/fixtures/friseur-1-first-shipped.json", import.meta.url);
const SECRETS_KEY = "a passphrase of at least 32 characters";

const document = parseDocument(JSON.parse(await readFile(FILE, "utf8")));
const service = (slug: string) => document.services.find((one) => one.slug === slug);
const typeOf = (slug: string) =>
  document.eventTypes.filter((one) => one.service === slug).map((one) => one.calcomEventTypeId);

/** salon-gateway 1.8: event type, minutes, cents. */
const PRICE_LIST: readonly (readonly [string, number, number, number])[] = [
  ["Kinderhaarschnitt", 3719738, 30, 2050],
  ["Trockenschnitt", 3719739, 30, 2500],
  ["Waschen & Styling", 3719740, 45, 4000],
  ["Waschen, schneiden, föhnen", 3719741, 60, 4500],
  ["Haarspende", 3719742, 30, 8000],
  ["Beratung", 3719743, 30, 3000],
  ["Hairdetox", 3719744, 15, 1250],
  ["Rebuild Treatment Olaplex", 3719745, 15, 1550],
  ["Intensiv Pflege Maria Nila", 3719746, 15, 1550],
  ["Gloss", 3719747, 30, 4500],
  ["Ansatzfärbung, waschen, schneiden, föhnen", 3719748, 120, 8500],
  ["Ansatz, Längenausgleich, waschen, schneiden, föhnen", 3719749, 120, 8500],
  ["Klassisches Strähnen-Paket", 3719750, 120, 12500],
  ["Globale Blondierung", 3719751, 120, 18500],
  ["Strähnentechnik Balayage", 3719752, 180, 25500],
  ["Faceframe", 3719753, 180, 22500],
];

describe("the document of Friseur 1", () => {
  it("has all sixteen services of the price list with their event types.", () => {
    for (const [name, eventTypeId, minutes, cents] of PRICE_LIST) {
      const found = document.services.find((one) => one.name === name);
      expect(found, name).toMatchObject({ priceCents: cents, phases: [{ minutes, staffRequired: true }] });
      expect(typeOf(found?.slug ?? ""), name).toContain(eventTypeId);
    }
  });

  it("has the composites with their phases, gaps in brackets, and a type per segment and person.", () => {
    const phases = (slug: string) =>
      service(slug)
        ?.phases.map((phase) => (phase.staffRequired ? `${phase.minutes}` : `(${phase.minutes})`))
        .join(" ");
    expect(phases("dauerwelle")).toBe("50 (15) 5 (10) 15 40");
    expect(phases("ansatzfaerbung")).toBe("30 (30) 15 30 (15) 30");
    expect(phases("ansatz-laengenausgleich")).toBe("40 (30) 15 40 (15) 30");
    expect(phases("blondierung")).toBe("30 (25) 20 45");
    for (const slug of ["dauerwelle", "ansatzfaerbung", "ansatz-laengenausgleich", "blondierung"]) {
      const staffed = service(slug)?.phases.filter((phase) => phase.staffRequired).length ?? 0;
      expect(new Set(typeOf(slug)).size, slug).toBe(staffed * 2);
    }
    const all = document.eventTypes.map((one) => one.calcomEventTypeId);
    expect(new Set(all).size).toBe(all.length);
  });

  it("has an event type of its own for each person and service, because on a shared one Cal.com chooses who.", () => {
    for (const { slug, skill, phases } of document.services) {
      for (const member of document.staff.filter((one) => skill !== null && one.skills.includes(skill))) {
        for (const phase of phases.filter((one) => one.staffRequired)) {
          const own = document.eventTypes.filter(
            (one) => one.service === slug && one.phase === phase.key && one.staff === member.slug,
          );
          expect(own, `${slug}/${phase.key}, ${member.slug}`).toHaveLength(1);
        }
      }
    }
  });

  it("is understood by every name and alias, as one service and the right one.", () => {
    const services = document.services.map((one) => ({ ...one, id: one.slug }));
    for (const { slug, name, aliases } of services) {
      for (const said of [name, ...aliases]) {
        const match = matchServices([said], services);
        expect([said, match.kind, match.kind === "one" && match.service.slug]).toEqual([said, "one", slug]);
      }
    }
    const understood = (said: string) => {
      const match = matchServices([said], services);
      return match.kind === "one" ? match.service.slug : match.kind;
    };
    expect(understood("eine Blondierung bitte")).toBe("blondierung");
    expect(understood("die globale Blondierung")).toBe("globale-blondierung");
    expect(understood("Ansatzfärbung")).toBe("ansatzfaerbung");
    expect(understood("Ansatzfärbung, waschen, schneiden, föhnen")).toBe(
      "ansatzfaerbung-waschen-schneiden-foehnen",
    );
    for (const general of ["Farbe", "färben", "Tönung", "Coloration"]) {
      expect(understood(general), general).toBe("ambiguous");
    }
    for (const strange of ["Haarverlängerung", "Extensions"]) {
      expect(understood(strange), strange).toBe("unknown");
    }
  });

  it("closes on the public holidays of Berlin, and lets everybody move and cancel at any time for nothing.", () => {
    expect(document.branches.map((branch) => [branch.region, branch.phoneNumbers])).toEqual([
      ["DE-BE", ["+493033081738"]],
      ["DE-BE", ["+493033081739"]],
    ]);
    expect(document.policies).toHaveLength(2);
    for (const policy of document.policies) {
      expect(policy).toMatchObject({
        cancel: { noticeMinutes: 0, maxPerCustomerPerMonth: null, feeCents: 0 },
        reschedule: { noticeMinutes: 0, maxPerAppointment: null, feeCents: 0 },
        rescheduleFirst: true,
      });
    }
  });

  it("holds no secret.", async () => {
    const text = await readFile(FILE, "utf8");
    expect(text).not.toMatch(/apiKey|webhookSecrets|cal_live|key_/);
  });

  it("is known to the seed by its fingerprint, so that a later version can replace it where nobody changed it.", () => {
    expect(SHIPPED.at(-1)).toBe(fingerprint(document));
  });
});

describe("the seed of an older version", () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = connect(database.url, { max: 2 });
  });

  afterAll(async () => {
    await db?.close();
    await database?.close();
  });

  /** An installation with a database that has no company yet. */
  async function installation() {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const calcom = { baseUrl: `${simulator.url}/v2`, apiKey: "cal_test", webhookSecret: "secret" };
    const options = {
      databaseUrl: database.url,
      secretsKey: SECRETS_KEY,
      simulator: { url: simulator.url },
      calcom,
      publicUrl: "http://127.0.0.1:3000",
      token: "the token of the installation",
    };
    const apply = (slug: string, wanted: TenantDocument) =>
      applyDocument(db, slug, wanted, { secretsKey: SECRETS_KEY, installation: calcom });
    return { simulator, options, apply };
  }

  it("becomes the present one where nobody changed it, in the database and in the simulator.", async () => {
    const { simulator, options, apply } = await installation();
    await apply("friseur-1", parseDocument(JSON.parse(await readFile(FIRST_SHIPPED, "utf8"))));
    expect((await seed(options)).notices).toEqual([expect.stringContaining("it is now what")]);
    const found = await exportDocument(db, "friseur-1");
    expect(found && fingerprint(found.document)).toBe(fingerprint(document));
    expect(simulator.control.catalogue().eventTypes.map((type) => type.id)).toEqual(
      expect.arrayContaining(document.eventTypes.map((one) => one.calcomEventTypeId)),
    );
    expect((await seed(options)).notices).toBeUndefined();
  });

  it("is left alone where somebody changed it, and the person is told what to do.", async () => {
    const { options, apply } = await installation();
    await apply("friseur-1", { ...document, eventTypes: [], policies: [] });
    expect((await seed(options)).notices).toEqual([
      expect.stringContaining("npm run tenant -- apply dev/tenants/friseur-1.json"),
    ]);
    expect((await exportDocument(db, "friseur-1"))?.document.policies).toEqual([]);
  });

  it("puts every other company of this Cal.com into the simulator as well, after any loss of its data.", async () => {
    const { simulator, options, apply } = await installation();
    await apply("zwei", parseDocument({ name: "Zwei", calcom: { teamId: 7 } }));
    await seed(options);
    expect(simulator.control.catalogue().webhooks.map((hook) => hook.url)).toContain(
      "http://127.0.0.1:3000/api/webhooks/calcom/zwei",
    );
  });

  it("keeps the other Fabian Spitzer in the team, so that nobody may look for a host by name.", async () => {
    const { simulator, options } = await installation();
    await seed(options);
    const { hosts, teams, eventTypes } = simulator.control.catalogue();
    const fabians = hosts.filter((host) => host.name === "Fabian Spitzer").map((host) => host.id);
    expect(fabians.toSorted()).toEqual([1346408, 1414768]);
    expect(teams[0]?.members.map((member) => member.userId)).toEqual(expect.arrayContaining(fabians));
    expect(eventTypes.some((type) => type.hosts.includes(1414768))).toBe(false);
    for (const type of eventTypes.filter((one) => one.teamId === 34209)) {
      expect(type, type.title).toMatchObject({
        minimumBookingNotice: 120,
        bookingFields: [{ slug: "title", required: true }],
      });
      expect(type.hosts.length, type.title).toBeGreaterThan(0);
    }
  });
});

describe("with everything running", () => {
  let salon: Salon;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "tenant-"));
    salon = await startSalon({ env: { CALCOM_WEBHOOK_SECRET: WEBHOOK_SECRET } });
    expect((await run("apply", FILE)).err).toBe("");
    await seedSimulator(
      salon.calcom.url,
      simulatorSeed(document, {
        companySlug: "friseur-1",
        apiKey: "cal_test",
        webhook: { url: `${salon.url}/api/webhooks/calcom/friseur-1`, secret: WEBHOOK_SECRET },
      }),
    );
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const child = spawn(process.execPath, ["--import", "tsx", CLI, ...args], {
      env: {
        ...process.env,
        PUBLIC_URL: salon.url,
        ADMIN_TOKEN: salon.adminToken,
        SIMULATOR_URL: salon.calcom.url,
        CALCOM_BASE_URL: "",
        CALCOM_API_KEY: "cal_test",
        CALCOM_REQUESTS_PER_MINUTE: "100000",
        CALCOM_WEBHOOK_SECRET: WEBHOOK_SECRET,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    const [code] = await once(child, "close");
    return { code, out, err };
  }

  async function book(token: string, body: object) {
    const response = await fetch(`${salon.url}/api/v2/bookings`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": crypto.randomUUID(),
        prefer: "wait=20",
      },
      // Of one customer at one time Cal.com makes one booking (calcom.md 1.6).
      body: JSON.stringify({
        customer: { name: "Jörg O'Neill", email: `${crypto.randomUUID()}@example.org` },
        ...body,
      }),
    });
    const answer = z
      .looseObject({
        id: z.string().optional(),
        status: z.string().or(z.number()),
        staff: z.looseObject({ slug: z.string() }).optional(),
        phases: z.array(z.looseObject({ staff: z.string().nullable() })).optional(),
      })
      .parse(await response.json());
    return { status: response.status, answer };
  }

  const [zentrale] = document.branches;

  /** A day from Tuesday to Friday, when all are there, three weeks ahead and more, that is no public holiday. */
  function start(week: number, hourUtc: number): string {
    const day = daysAhead(21 + week * 7);
    day.setUTCHours(hourUtc, 0, 0, 0);
    day.setUTCDate(day.getUTCDate() + ((2 - day.getUTCDay() + 7) % 7));
    const region = zentrale?.region ?? null;
    while (isClosedDay({ closedOn: [], openOn: [], region }, day.toISOString().slice(0, 10))) {
      day.setUTCDate(day.getUTCDate() + 1);
    }
    return day.toISOString();
  }

  it("verify says that everything is as the document says, and who can be booked for what.", async () => {
    const { code, out } = await run("verify", "friseur-1", "--coverage");
    expect(out).toMatch(/^dauerwelle +emma@zentrale {2}fabian@zentrale$/m);
    expect(out).toContain("friseur-1: everything is as the document says");
    expect(code).toBe(0);
  });

  it("verify fails with what is wrong when somebody has changed Cal.com, and when Cal.com is away.", async () => {
    salon.calcom.control.editEventType(3800112, { lengthInMinutes: 10 });
    const { code, out } = await run("verify", "friseur-1");
    expect(out).toContain("eventTypes[3800112].length: takes 10 minutes in Cal.com, 5 in the document");
    expect(code).toBe(1);
    salon.calcom.control.editEventType(3800112, { lengthInMinutes: 5 });
    salon.calcom.control.set({ down: "drop" });
    const away = await run("verify", "friseur-1");
    salon.calcom.control.set({ down: false });
    expect(away.err).toMatch(/^503 Cal\.com cannot be asked now/);
    expect(away.code).toBe(1);
    await until("Cal.com asked again", async () => (await run("verify", "friseur-1")).code === 0, 20_000);
  });

  it("books every service with everybody who can do it.", async () => {
    const { out: token } = await run("token", "friseur-1");
    const answer = z.object({ coverage: z.array(z.record(z.string(), z.unknown())) });
    const response = await fetch(`${salon.url}/api/admin/companies/friseur-1/verify`, {
      method: "POST",
      headers: { authorization: `Bearer ${salon.adminToken}` },
    });
    const { coverage } = answer.parse(await response.json());
    expect(new Set(coverage.map((row) => row.service)).size).toBe(document.services.length);
    for (const { slug } of document.staff) {
      const rows = coverage.filter((row) => row.staff === slug);
      // After the lunch of each, and early enough for three hours before each goes home, whatever the clock does.
      const hour = slug === "emma" || slug === "sarah" ? 12 : 13;
      for (const [week, { service: name, branch, staff }] of rows.entries()) {
        const wish = { service: name, branch, staff, start: start(week, hour) };
        const { status, answer: booked } = await book(token.trim(), wish);
        // With the person who was wished, whoever else would have been free (salon-gateway 11.39, 11.40).
        const by = [
          name,
          status,
          booked.staff?.slug,
          ...new Set(booked.phases?.flatMap((one) => one.staff ?? [])),
        ];
        expect(by, JSON.stringify(booked)).toEqual([name, 201, staff, staff]);
      }
    }
  });

  it("makes a second company from it in one go, which books at once and hears of Cal.com's changes.", async () => {
    const file = join(directory, "salon-zwei.json");
    const args = ["new", "salon-zwei", "--from", "friseur-1", "--out", file, "--simulator", "--apply"];
    const made = await run(...args);
    expect(made.err).toBe("");
    expect(made.out).toContain(`${document.eventTypes.length} event types made, 0 found`);
    expect((await run("verify", "salon-zwei")).out).toBe("salon-zwei: everything is as the document says\n");
    expect((await run("verify", "friseur-1")).code).toBe(0);

    const written: TenantDocument = parseDocument(JSON.parse(await readFile(file, "utf8")));
    expect(written.branches.map((branch) => branch.name)).toEqual([
      "Salon Zwei Zentrale",
      "Salon Zwei Zweigstelle",
    ]);
    expect(written.services).toEqual(document.services);
    const numbers = new Set(document.eventTypes.map((one) => one.calcomEventTypeId));
    expect(written.eventTypes.some((one) => numbers.has(one.calcomEventTypeId))).toBe(false);
    const users = new Set(document.staff.map((one) => one.calcomUserId));
    expect(written.staff.some((one) => one.email !== null || users.has(one.calcomUserId))).toBe(false);

    const { out: token } = await run("token", "salon-zwei");
    const wish = { service: "dauerwelle", branch: "zentrale", staff: "fabian", start: start(0, 13) };
    const { status, answer } = await book(token.trim(), wish);
    expect([status, answer.status]).toEqual([201, "confirmed"]);
    const fabian = written.staff.find((one) => one.slug === "fabian")?.calcomUserId;
    const bookings = salon.calcom.control.bookings().filter((one) => one.hostIds[0] === fabian);
    expect(bookings).toHaveLength(4);

    // The webhook of its team reaches it: a person cancels a phase, the appointment is for a person to look at.
    const [first] = bookings;
    await salon.calcom.control.cancel({ uid: first?.uid ?? "" });
    await until("the cancellation heard of", async () => {
      const response = await fetch(`${salon.url}/api/v2/bookings/${answer.id}`, {
        headers: { authorization: `Bearer ${token.trim()}` },
      });
      return JSON.stringify(await response.json()).includes("segment_cancelled");
    });

    const again = await run(...args);
    expect(again.err).toContain("is there already");
  });

  it("writes a document that says what is open, and is refused until that is filled in.", async () => {
    const file = join(directory, "salon-drei.json");
    const made = await run("new", "salon-drei", "--from", FILE, "--name", "Haar & Mehr", "--out", file);
    expect(made.out).toContain("calcom.teamId: the number of the Cal.com team");
    expect(made.out).toContain("staff[4].calcomUserId: ");
    expect(made.out).toContain("branches[1].phoneNumbers[0]: ");
    const json = JSON.parse(await readFile(file, "utf8"));
    expect(json).toMatchObject({
      name: "Haar & Mehr",
      calcom: { teamId: FILL_IN },
      retell: { agentIds: [] },
    });
    expect(JSON.stringify(json)).not.toMatch(/3719738|1346408|\+4930|agent_|friseur1\.de|34209/);

    const refused = await run("apply", file);
    expect(refused.err).toContain("is not applied; still to be filled in:\n  calcom.teamId: ");
    expect(refused.code).toBe(1);
    expect((await run("provision", file)).err).toContain("first fill in\n  calcom.teamId: ");
    // The gateway itself refuses it, too, whoever sends it.
    const sent = await fetch(`${salon.url}/api/admin/companies/salon-drei`, {
      method: "PUT",
      headers: { authorization: `Bearer ${salon.adminToken}`, "content-type": "application/json" },
      body: JSON.stringify(json),
    });
    expect(sent.status).toBe(422);
    expect(JSON.stringify(await sent.json())).toContain("calcom.teamId");
  });

  it("makes each event type once, whatever becomes of the answers, and touches none that is there.", async () => {
    const file = join(directory, "salon-vier.json");
    await run("new", "salon-vier", "--from", "friseur-1", "--out", file, "--simulator");
    const template = await readFile(file, "utf8");
    const { control } = salon.calcom;
    control.addFault({
      match: { operation: "create-event-type" },
      times: 2,
      effect: { kind: "commit-then-drop" },
    });
    control.addFault({
      match: { operation: "create-event-type" },
      times: 1,
      effect: { kind: "drop-before-commit" },
    });
    const first = await run("provision", file);
    expect(first.err).toBe("");
    const { teamId } = z
      .object({ calcom: z.object({ teamId: z.number() }) })
      .parse(JSON.parse(template)).calcom;
    const types = () => control.catalogue().eventTypes.filter((type) => type.teamId === teamId);
    expect(types()).toHaveLength(document.eventTypes.length);

    const written = await readFile(file, "utf8");
    expect((await run("provision", file)).out).toContain("0 event types made, 0 found");
    await writeFile(file, template);
    expect((await run("provision", file)).out).toContain(`0 event types made, ${types().length} found`);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(JSON.parse(written));

    const [changed] = types();
    control.editEventType(changed?.id ?? 0, { lengthInMinutes: 55, schedulingType: "collective" });
    await writeFile(file, template);
    const refused = await run("provision", file);
    expect(refused.err).toMatch(/has 55 minutes, not 30; collective, not round robin\. It is left as it is/);
    expect(refused.code).toBe(1);
    expect(control.catalogue().eventTypes.find((type) => type.id === changed?.id)?.lengthInMinutes).toBe(55);
  });
});
