import { createTransport } from "nodemailer";
import type { Database } from "../../db/client.js";
import { type MailSubject, readMailSubject } from "../../db/notification/facts.js";
import {
  claimMails,
  dropMail,
  dropOldMails,
  markMailed,
  postponeMail,
  type UnmailedAlert,
} from "../../db/notification/mail.js";
import { operatorMail } from "../../domain/notification/operator-mail.js";
import { isSalonAlert, type Mail, salonMail } from "../../domain/notification/salon-mail.js";
import { workflowLink } from "./alerts.js";

export interface MailTarget {
  /** `SMTP_URL`; its parameter `from` is the sender, else the user, else the first operator. */
  smtpUrl: string;
  operators: readonly string[];
  temporalUiUrl: string | null;
  namespace: string;
}

export interface MailRelayDeps {
  db: Database;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

const EVERY_MS = 1_000;
const BATCH = 8;
const DROP_OLD_EVERY_MS = 3_600_000;
/** For a whole dialogue they stay below the lease of a claim: nobody else sends what is still under way. */
/** A mail server that hangs must not hold up the end of the process; what it was given is then sent once more. */
const STOP_MS = 5_000;
const SMTP_TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 15_000 };

/**
 * Mails the waiting alerts: to the branch what is for the salon, written from the rows at this moment, and everything
 * else to whoever watches the installation. A mail that was accepted is never sent again; one that was not is tried
 * again later and later. The id of the message is the alert's, so that a mail whose acceptance got lost with the
 * process is recognised as the same one.
 */
export function startMailRelay(deps: MailRelayDeps, target: MailTarget): { stop(): Promise<void> } {
  const mailer = createMailer(target);
  let underWay = Promise.resolve();
  let busy = false;
  let dropAt = 0;
  const round = async () => {
    if (Date.now() >= dropAt) {
      await dropOldMails(deps.db);
      dropAt = Date.now() + DROP_OLD_EVERY_MS;
    }
    const alerts = await claimMails(deps.db, BATCH);
    const outcomes = await Promise.allSettled(alerts.map((alert) => mail(deps, target, mailer, alert)));
    const broken = outcomes.find((outcome) => outcome.status === "rejected");
    if (broken) throw broken.reason;
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    underWay = round()
      .catch((error: unknown) =>
        deps.log.warn({ error: nameOf(error) }, "the alerts to be mailed could not be read"),
      )
      .finally(() => {
        busy = false;
      });
  }, EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.race([underWay, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    },
  };
}

interface Mailer {
  send(id: string, to: readonly string[], mail: Mail): Promise<void>;
}

function createMailer(target: MailTarget): Mailer {
  const url = new URL(target.smtpUrl);
  const user = decodeURIComponent(url.username);
  const from =
    url.searchParams.get("from") ??
    (user.includes("@") ? user : (target.operators[0] ?? `askpro@${url.hostname}`));
  url.searchParams.delete("from");
  const transport = createTransport({ url: url.href, ...SMTP_TIMEOUTS });
  return {
    async send(id, to, { subject, text }) {
      await transport.sendMail({
        from,
        to: [...to],
        subject,
        text,
        messageId: `<${id}@${from.split("@").at(-1)?.replace(/>$/, "") ?? url.hostname}>`,
        // Nobody's absence note is wanted in answer.
        headers: { "Auto-Submitted": "auto-generated" },
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
  };
}

async function mail(
  deps: MailRelayDeps,
  target: MailTarget,
  mailer: Mailer,
  alert: UnmailedAlert,
): Promise<void> {
  const subject = await readMailSubject(deps.db, alert);
  const letter = letterFor(alert, subject, target);
  if (letter === null) {
    await dropMail(deps.db, alert);
    return;
  }
  try {
    await mailer.send(alert.id, letter.to, letter.mail);
  } catch (error) {
    // What the server says may quote an address.
    const fields = { alertId: alert.id, type: alert.type, error: nameOf(error) };
    deps.log.warn(fields, "an alert could not be mailed; it is tried again");
    await postponeMail(deps.db, alert);
    return;
  }
  await markMailed(deps.db, alert, { branch: letter.branch, appointmentId: subject.appointmentId });
}

function letterFor(
  alert: UnmailedAlert,
  { companySlug, salonEmails, facts }: MailSubject,
  { operators, temporalUiUrl, namespace }: MailTarget,
): { to: readonly string[]; mail: Mail; branch: boolean } | null {
  if (isSalonAlert(alert.type) && salonEmails.length > 0) {
    const mail = salonMail(alert.type, facts);
    return mail && { to: salonEmails, mail, branch: true };
  }
  if (operators.length === 0) return null;
  const link = workflowLink(alert.data, temporalUiUrl, namespace);
  return { to: operators, mail: operatorMail({ ...alert, companySlug, link }), branch: false };
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
