// `ms@3.0.0-canary.1` ships `exports` without `types`; without this every Temporal `Duration`
// silently becomes `any` and `startToCloseTimeout: 'not a duration'` compiles.
declare module "ms" {
  type Unit = "ms" | "s" | "m" | "h" | "d" | "w" | "y";
  type LongUnit =
    | "millisecond"
    | "milliseconds"
    | "second"
    | "seconds"
    | "minute"
    | "minutes"
    | "hour"
    | "hours"
    | "day"
    | "days"
    | "week"
    | "weeks"
    | "year"
    | "years";
  export type StringValue = `${number}` | `${number}${Unit}` | `${number} ${Unit}` | `${number} ${LongUnit}`;
  export default function ms(value: StringValue): number;
}
