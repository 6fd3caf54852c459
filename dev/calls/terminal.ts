import { createInterface } from "node:readline";
import { Agent } from "./agent.js";
import { script } from "./script.js";
import { Call, type Caller, type Line } from "./telephone.js";

export const HELP = `Sie sind die Anruferin oder der Anrufer: Schreiben Sie, was Sie sagen würden.

  Ich hätte gern einen Herrenhaarschnitt bei Emma, nächste Woche Dienstag um zehn
  Welche Termine habe ich?      Ich möchte meinen Termin verschieben / absagen
  Was kostet was?               Ich möchte zurückgerufen werden

Auf Fragen antworten Sie mit Ja oder Nein, einem Namen, einer Nummer, einer Zeit, oder "den zweiten".
Die Assistenz hier ist kein Sprachmodell: Sie fragt, was die Werkzeuge verlangen, und reicht Ihre Worte weiter.

  /hilfe   diese Zeilen
  /ende    auflegen (auch Strg-D)`;

/** A call at the terminal, from ringing to hanging up. Resolves when it is over. */
export async function converse(line: Line, caller: Caller): Promise<void> {
  const write = (text: string) => process.stdout.write(`${text}\n`);
  const audience = script(write);
  const call = new Call(line, caller);
  write(`${HELP}\n`);
  audience.direction(`Sie rufen ${caller.to} an, als ${caller.from}`);
  const { greeting } = await call.ring();
  audience.assistant(
    greeting ?? "Guten Tag, hier ist die KI-Assistenz des Salons. Wie kann ich Ihnen helfen?",
  );
  const agent = new Agent(call, audience);
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: "Sie:        " });
  input.prompt();
  for await (const typed of input) {
    const text = typed.trim();
    if (text === "/ende" || /^(?:auf wieder(?:hören|sehen)|tschüss?)[.!]*$/iu.test(text)) break;
    if (text === "/hilfe") write(HELP);
    else if (text !== "") await agent.hears(text);
    input.prompt();
  }
  input.close();
  await call.hangUp();
  audience.direction("aufgelegt; was für Sie festgehalten war, ist wieder frei");
}
