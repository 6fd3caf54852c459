import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { Bookers, countRoundTrips, measureBooking } from "./booking.js";
import { startBenchInstallation } from "./installation.js";
import { parseOptions, USAGE } from "./options.js";
import { bookingTables, voiceTables, webhookTables } from "./report.js";
import { measureVoice } from "./voice.js";
import { measureWebhook } from "./webhook.js";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const installation = await startBenchInstallation(options);
  const bookers = new Bookers(installation);
  // Told to stop: what was started is ended, and its data removed.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void installation.close().finally(() => process.exit(1)));
  }
  try {
    const before = loadavg();
    const database =
      options.roundTrips && options.scenarios.includes("booking")
        ? await countRoundTrips(installation, bookers, options.contenders)
        : {};
    const services = await installation.startServices();
    const booking = options.scenarios.includes("booking")
      ? { ...(await measureBooking(installation, services, bookers, options)), database }
      : null;
    const webhook = options.scenarios.includes("webhook")
      ? await measureWebhook(installation, services, options)
      : null;
    const voice = options.scenarios.includes("voice") ? await measureVoice(installation, services) : null;
    const machine = {
      at: new Date().toISOString(),
      node: process.version,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      // What else ran beside: with others on the machine only the ratios within a round say something.
      loadBefore: before[0],
      temporal: process.env.TEMPORAL_ADDRESS ? "as the environment names it" : "dev server with a file",
    };
    const tables = [
      ...(booking ? [bookingTables(booking)] : []),
      ...(webhook ? [webhookTables(webhook)] : []),
      ...(voice ? [voiceTables(voice)] : []),
    ];
    process.stdout.write(`\n${tables.join("\n\n")}\n`);
    if (options.json !== null) {
      writeFileSync(
        options.json,
        `${JSON.stringify({ machine, options, booking, webhook, voice }, null, 2)}\n`,
      );
    }
    const failures = [...(booking?.series ?? []), ...(webhook?.ingress ?? [])].flatMap((series) =>
      Object.keys(series.failures),
    );
    const voiceFailed = voice !== null && (Object.keys(voice.errors).length > 0 || voice.doubleBookings > 0);
    if (failures.length > 0 || voiceFailed || (webhook?.applied.notApplied ?? 0) > 0) process.exitCode = 1;
  } finally {
    await bookers.close();
    await installation.close();
  }
}

await main().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exit(1);
  },
);
