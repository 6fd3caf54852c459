import type { Mail } from "./salon-mail.js";

/** The words for whoever watches the installation: what the alert's row says, which is nothing personal. */
export function operatorMail(alert: {
  type: string;
  createdAt: Date;
  data: Readonly<Record<string, unknown>>;
  companySlug: string | null;
  link: string | null;
}): Mail {
  const entries = Object.entries(alert.data).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return {
    subject: `[askpro] ${alert.type}${alert.companySlug === null ? "" : ` · ${alert.companySlug}`}`,
    text: [`${alert.type}, ${alert.createdAt.toISOString()}`, entries.join("\n"), alert.link ?? ""]
      .filter((part) => part !== "")
      .join("\n\n"),
  };
}
