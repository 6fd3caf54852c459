import type { CorpusGroup } from "./corpus.js";

const LONG_DAYS = Array.from({ length: 7 }, () => ["07:00", "21:00"] as const);

/** Words beside what the language model made of them. */
export const WITH_ARGUMENTS: readonly CorpusGroup[] = [
  {
    title: "arguments that agree with the words",
    args: { date: "2026-12-03", time: "14:30" },
    cases: [
      ["Donnerstag nächste Woche um halb drei", "2026-12-03 14:30"],
      ["am dritten Dezember um vierzehn Uhr dreißig", "2026-12-03 14:30"],
      ["in acht Tagen", "2026-12-02 14:30 | 2026-12-03 14:30 (date)"],
      ["am dritten um halb drei", "2026-12-03 14:30"],
      ["", "2026-12-03 14:30"],
      ["null", "2026-12-03 14:30"],
      ["ja genau, das passt", "2026-12-03 14:30"],
      ["halb drei", "2026-12-03 14:30"],
      ["am dritten Dezember", "2026-12-03 14:30"],
    ],
  },
  {
    title: "a date that contradicts the words",
    args: { date: "2026-12-04" },
    cases: [
      ["am dritten Dezember um zehn", "2026-12-03 10:00 | 2026-12-04 10:00 (date)"],
      ["nächste Woche Dienstag", "2026-12-01 | 2026-12-04 (date)"],
      ["morgen Vormittag", "2026-11-26 09:00-12:00 vormittag | 2026-12-04 09:00-12:00 vormittag (date)"],
      ["nächsten Freitag", "2026-11-27 | 2026-12-04 (next_weekday)"],
      ["nächste Woche", "needs_date"],
      ["um zehn", "2026-12-04 10:00"],
      ["nachmittags", "2026-12-04 12:00-18:00 nachmittag"],
      ["egal wann", "2026-12-04"],
      ["so bald wie möglich", "from 2026-11-25"],
      ["ab Montag", "from 2026-11-30"],
      ["nicht am Freitag", "2026-12-04"],
    ],
  },
  {
    title: "a time that contradicts the words",
    args: { time: "15:00" },
    cases: [
      ["Freitag um drei", "2026-11-27 15:00"],
      ["Freitag um vier", "2026-11-27 16:00 | 2026-11-27 15:00 (time)"],
      ["Freitag um 14:30 Uhr", "2026-11-27 14:30 | 2026-11-27 15:00 (time)"],
      ["Freitag Nachmittag", "2026-11-27 12:00-18:00 ~15:00 nachmittag"],
      ["Freitag Vormittag", "2026-11-27 09:00-12:00 vormittag | 2026-11-27 15:00 (time)"],
      ["Freitag gegen drei", "2026-11-27 14:30-15:30] ~15:00"],
      ["Freitag kurz vor drei", "2026-11-27 14:30-15:00"],
      ["Freitag ab drei", "2026-11-27 15:00-24:00 ~15:00"],
      ["Freitag zwischen vier und sechs", "2026-11-27 16:00-18:00] | 2026-11-27 15:00 (time)"],
      ["Freitag", "2026-11-27 15:00"],
      ["weiß nicht", "2026-11-26 15:00 assumed"],
    ],
  },
  {
    title: "a bare hour and the other half of the day in the argument",
    args: { time: "20:00" },
    hours: LONG_DAYS,
    cases: [
      ["Freitag um acht", "2026-11-27 08:00 | 2026-11-27 20:00 (time)"],
      ["Freitag Abend um acht", "2026-11-27 20:00"],
      ["Freitag morgens um acht", "2026-11-27 08:00 | 2026-11-27 20:00 (time)"],
      ["Freitag um zwanzig Uhr", "2026-11-27 20:00"],
    ],
  },
  {
    title: "an hour of the night that only the model can mean",
    args: { time: "03:00" },
    cases: [
      ["Freitag um drei", "2026-11-27 15:00 | 2026-11-27 03:00 (time)"],
      ["um drei", "2026-11-26 15:00 assumed | 2026-11-26 03:00 assumed (time)"],
      ["Sonntag um drei", "2026-11-29 03:00"],
    ],
  },
  {
    title: "a part of the day beside the words",
    args: { partOfDay: "nachmittag" },
    cases: [
      ["Freitag", "2026-11-27 12:00-18:00 nachmittag"],
      ["Freitag um drei", "2026-11-27 15:00"],
      ["Freitag gegen fünf", "2026-11-27 16:30-17:30] ~17:00"],
      ["Freitag zwischen zwei und vier", "2026-11-27 14:00-16:00]"],
      ["Freitag ab drei", "2026-11-27 15:00-24:00"],
      ["Freitag um elf", "2026-11-27 11:00 | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["Freitag um 10:30 Uhr", "2026-11-27 10:30 | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["Freitag gegen elf", "2026-11-27 10:30-11:30] ~11:00 | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["Freitag bis elf", "2026-11-27 00:00-11:00] | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["Freitag um 22 Uhr", "2026-11-27 22:00 | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["Freitag Abend", "2026-11-27 17:00-21:00 abend"],
      ["Freitag Vormittag", "2026-11-27 09:00-12:00 vormittag | 2026-11-27 12:00-18:00 nachmittag (time)"],
      ["so bald wie möglich", "from 2026-11-25 12:00-18:00 nachmittag"],
      ["", "2026-11-25 12:00-18:00 nachmittag assumed"],
    ],
  },
  {
    title: "a late part of the day beside an hour that nobody means at night",
    args: { partOfDay: "spät" },
    cases: [
      ["morgen um zehn", "2026-11-26 10:00 | 2026-11-26 19:00-22:00 spät (time)"],
      ["morgen um acht", "2026-11-26 20:00"],
      ["morgen um 22 Uhr", "2026-11-26 22:00"],
    ],
  },
  {
    title: "the morning beside an hour of it",
    args: { partOfDay: "früh" },
    cases: [
      ["morgen um zehn", "2026-11-26 10:00"],
      ["morgen um drei", "2026-11-26 15:00 | 2026-11-26 06:00-09:00 früh (time)"],
    ],
  },
  {
    title: "an hour at night that only the model can mean",
    args: { time: "23:00" },
    cases: [
      ["um elf", "2026-11-26 11:00 assumed | 2026-11-25 23:00 assumed (time)"],
      ["Freitag um elf Uhr abends", "2026-11-27 23:00"],
    ],
  },
  {
    title: "a year out of a model without a clock (post-mortem 11.57)",
    args: { date: "2023-12-03" },
    cases: [
      ["am dritten Dezember", "2026-12-03"],
      ["morgen um zehn", "2026-11-26 10:00"],
      ["Dienstag um zehn", "2026-12-01 10:00"],
      ["um zehn", "2026-12-03 10:00"],
      ["", "2026-12-03"],
      ["am vierten Dezember", "2026-12-04 | 2026-12-03 (date)"],
      ["am 3. Dezember 2023", "in_past"],
    ],
  },
  {
    title: "a past year and a day that has just been",
    args: { date: "2024-11-20" },
    cases: [
      ["", "in_past"],
      ["um zehn", "in_past"],
      ["morgen um zehn", "2026-11-26 10:00"],
    ],
  },
  {
    title: "a date of this year that is over",
    args: { date: "2026-01-15" },
    cases: [
      ["", "in_past"],
      ["um zehn", "in_past"],
      ["am 15. Januar", "2027-01-15"],
    ],
  },
  {
    title: "a date that does not exist",
    args: { date: "2026-02-31" },
    cases: [
      ["morgen um zehn", "invalid day in date"],
      ["", "invalid day in date"],
    ],
  },
  {
    title: "a date that is none",
    args: { date: "irgendwas" },
    cases: [["um zehn", "invalid day in date"]],
  },
  { title: "a time that is none", args: { time: "bald" }, cases: [["morgen", "invalid time in time"]] },
  {
    title: "a date in words (post-mortem 11.58)",
    args: { date: "morgen" },
    cases: [
      ["um zehn", "2026-11-26 10:00"],
      ["", "2026-11-26"],
      ["Dienstag um zehn", "2026-12-01 10:00 | 2026-11-26 10:00 (date)"],
    ],
  },
  { title: "today as a date", args: { date: "heute" }, cases: [["um vier", "2026-11-25 16:00"]] },
  {
    title: "a date without a year (post-mortem 11.58)",
    args: { date: "1.12." },
    cases: [
      ["um zehn", "2026-12-01 10:00"],
      ["am ersten Dezember", "2026-12-01"],
    ],
  },
  {
    title: "a date as it is written in Germany",
    args: { date: "15.12.2026" },
    cases: [["um zehn", "2026-12-15 10:00"]],
  },
  {
    title: "a past year as it is written in Germany",
    args: { date: "15.12.2023" },
    cases: [
      ["um zehn", "2026-12-15 10:00"],
      ["Dienstag um zehn", "2026-12-01 10:00"],
    ],
  },
  {
    title: "a date that is over, in words",
    args: { date: "24. November" },
    cases: [["um zehn", "in_past"]],
  },
  {
    title: "a date of no single day",
    args: { date: "nächste Woche" },
    cases: [
      ["um zehn", "needs_date"],
      ["Freitag um zehn", "2026-11-27 10:00"],
    ],
  },
  { title: "no such date in words", args: { date: "31.2." }, cases: [["um zehn", "invalid day in date"]] },
  {
    title: "a time in words",
    args: { time: "9 Uhr" },
    cases: [
      ["Freitag", "2026-11-27 09:00"],
      ["Freitag um neun", "2026-11-27 09:00"],
      ["Freitag um zehn", "2026-11-27 10:00 | 2026-11-27 09:00 (time)"],
    ],
  },
  {
    title: "a bare hour in the argument",
    args: { time: "vier" },
    cases: [
      ["Freitag", "2026-11-27 16:00"],
      ["Freitag um vier", "2026-11-27 16:00"],
    ],
  },
  {
    title: "half past in words",
    args: { time: "halb drei" },
    cases: [["Freitag", "2026-11-27 14:30"]],
  },
  { title: "a dotted time", args: { time: "14.30" }, cases: [["Freitag", "2026-11-27 14:30"]] },
  { title: "a time in English", args: { time: "3:30 PM" }, cases: [["Freitag", "2026-11-27 15:30"]] },
  {
    title: "a part of the day as a time",
    args: { time: "nachmittags" },
    cases: [
      ["Freitag", "2026-11-27 12:00-18:00 nachmittag"],
      ["Freitag um zehn", "2026-11-27 10:00"],
    ],
  },
  { title: "no such time in words", args: { time: "25 Uhr" }, cases: [["morgen", "invalid time in time"]] },
  {
    title: "a time that does not exist",
    args: { time: "25:00" },
    cases: [["morgen", "invalid time in time"]],
  },
  {
    title: "an hour that the clock jumps over",
    args: { date: "2027-03-28", time: "02:30" },
    cases: [["", "invalid time in time"]],
  },
  {
    title: "empty arguments",
    args: { date: "", time: "null" },
    cases: [
      ["morgen um zehn", "2026-11-26 10:00"],
      ["", "needs_date"],
    ],
  },
];
