import { createHmac } from "node:crypto";
import type { Database } from "../../db/client.js";
import { claimAlerts, markAlertDelivered, type WaitingAlert } from "../../db/operations/alerts.js";

export interface AlertTarget {
  url: string;
  /** Standard Webhooks secret, `whsec_` and base64; `null`: unsigned. */
  secret: string | null;
  /** Root of the Web UI, so that an alert leads to its booking. */
  temporalUiUrl: string | null;
  namespace: string;
}

export interface AlertDeps {
  db: Database;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

const EVERY_MS = 1_000;
const BATCH = 16;
const PATIENCE_MS = 5_000;

/**
 * Tells the waiting alerts to `ALERT_WEBHOOK_URL`, signed as https://www.standardwebhooks.com says. An alert is
 * a row written with the fact that raised it, so none is lost; what could not be told is tried again. A loop of
 * its own: a slow receiver must not hold up a booking.
 */
export function startAlertRelay(deps: AlertDeps, target: AlertTarget): { stop(): Promise<void> } {
  let underWay = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    underWay = relayAlerts(deps, target)
      .catch((error: unknown) => deps.log.warn({ error: nameOf(error) }, "the alerts could not be read"))
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await underWay;
    },
  };
}

async function relayAlerts(deps: AlertDeps, target: AlertTarget): Promise<void> {
  const alerts = await claimAlerts(deps.db, BATCH);
  await Promise.all(
    alerts.map(async (alert) => {
      try {
        const response = await fetch(target.url, {
          method: "POST",
          signal: AbortSignal.timeout(PATIENCE_MS),
          ...signed(alert, target),
        });
        if (!response.ok) throw new Error(`status ${response.status}`);
        await markAlertDelivered(deps.db, alert);
      } catch (error) {
        const fields = { alertId: alert.id, type: alert.type, error: nameOf(error) };
        deps.log.warn(fields, "an alert could not be told; it is tried again");
      }
    }),
  );
}

/** The page in the Web UI of the workflow that an alert is about; `null` when it names none. */
export function workflowLink(
  { workflowId }: Readonly<Record<string, unknown>>,
  temporalUiUrl: string | null,
  namespace: string,
): string | null {
  if (temporalUiUrl === null || typeof workflowId !== "string") return null;
  return `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

function signed(alert: WaitingAlert, target: AlertTarget): { headers: Record<string, string>; body: string } {
  const link = workflowLink(alert.data, target.temporalUiUrl, target.namespace);
  const body = JSON.stringify({
    type: alert.type,
    timestamp: alert.createdAt.toISOString(),
    data: { ...alert.data, companyId: alert.companyId, ...(link === null ? {} : { link }) },
  });
  const seconds = Math.floor(Date.now() / 1_000);
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    "webhook-id": alert.id,
    "webhook-timestamp": String(seconds),
  };
  if (target.secret !== null) {
    const key = Buffer.from(target.secret.replace(/^whsec_/, ""), "base64");
    const signature = createHmac("sha256", key).update(`${alert.id}.${seconds}.${body}`).digest("base64");
    headers["webhook-signature"] = `v1,${signature}`;
  }
  return { headers, body };
}
