import { z } from "zod";

/** What the contenders beside ours are told, in the environment. */
export const contenderSettings = z.object({
  BENCH_COMPANY: z.uuid(),
  BENCH_WEBHOOK_SECRET: z.string().min(1),
});

/** The wish that all contenders get, as the gateway's REST API takes it. */
export const wishSchema = z.object({
  service: z.string(),
  staff: z.string(),
  start: z.iso.datetime({ offset: true }),
  customer: z.object({ name: z.string(), email: z.email() }),
});
export type Wish = z.output<typeof wishSchema>;
