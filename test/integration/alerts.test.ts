import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { slot, startSalon, until } from "../support/salon.js";

const KEY = Buffer.from("a secret of the alerts' receiver");

it("An alert of a booking under review reaches its receiver, signed and with a link, also when the first try failed.", async () => {
  const received: { headers: Record<string, string | string[] | undefined>; body: string }[] = [];
  let refusals = 1;
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (refusals > 0) {
        refusals -= 1;
        response.writeHead(500).end();
        return;
      }
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    receiver.close();
  });
  const { port } = receiver.address() as AddressInfo;
  const salon = await startSalon({
    env: {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/alerts`,
      ALERT_WEBHOOK_SECRET: `whsec_${KEY.toString("base64")}`,
      TEMPORAL_UI_URL: "http://ui.test",
      SLOW_RETRY_SECONDS: "600",
    },
  });
  salon.calcom.control.addFault({ match: { operation: "create" }, times: -1, effect: { kind: "401" } });
  const pending = await salon.book({ start: slot(0) }, { wait: 0 });
  await until("the refused first try", async () => refusals === 0, 60_000);
  // The second try is due later than a test should wait.
  await salon.admin.sql`UPDATE alerts SET relay_at = now() WHERE delivered_at IS NULL`;
  const [alert] = await until("the alert", async () => (received.length > 0 ? received : null), 60_000);
  const body = JSON.parse(alert?.body ?? "{}");
  expect(body).toMatchObject({
    type: "booking.manual_review",
    data: { appointmentId: pending.body.id, reason: "calcom_unauthorized", companyId: salon.companyId },
  });
  expect(body.data.link).toBe(
    `http://ui.test/namespaces/default/workflows/${encodeURIComponent(pending.body.workflowId)}`,
  );
  const id = String(alert?.headers["webhook-id"]);
  const at = String(alert?.headers["webhook-timestamp"]);
  const expected = createHmac("sha256", KEY).update(`${id}.${at}.${alert?.body}`).digest("base64");
  expect(alert?.headers["webhook-signature"]).toBe(`v1,${expected}`);
});
