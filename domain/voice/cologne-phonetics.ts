const HARD_C_AT_START = "AHKLOQRUX";
const HARD_C = "AHKOQUX";

/** Letters with marks and foreign ones as the plain letters that they sound like. */
function plainLetters(text: string): string {
  return text
    .replace(/ı/g, "i")
    .replace(/ß/g, "ss")
    .replace(/[łŁ]/g, "l")
    .replace(/[øØ]/g, "o")
    .replace(/[æÆ]/g, "ae")
    .normalize("NFD")
    .toUpperCase()
    .replace(/[^A-Z]/g, "");
}

/**
 * Kölner Phonetik (Postel 1969) of one word or name, without blanks: words that sound alike in German have
 * the same digits. Empty when nothing in it sounds.
 */
export function colognePhonetics(text: string): string {
  const letters = plainLetters(text);
  let digits = "";
  for (let at = 0; at < letters.length; at += 1) {
    digits += digitsOf(letters[at] ?? "", letters[at - 1] ?? "", letters[at + 1] ?? "", at === 0);
  }
  const single = digits.replace(/(.)\1+/g, "$1");
  return single.slice(0, 1) + single.slice(1).replaceAll("0", "");
}

function digitsOf(letter: string, before: string, after: string, first: boolean): string {
  switch (letter) {
    case "A":
    case "E":
    case "I":
    case "J":
    case "O":
    case "U":
    case "Y":
      return "0";
    case "B":
      return "1";
    case "P":
      return after === "H" ? "3" : "1";
    case "D":
    case "T":
      return after !== "" && "CSZ".includes(after) ? "8" : "2";
    case "F":
    case "V":
    case "W":
      return "3";
    case "G":
    case "K":
    case "Q":
      return "4";
    case "C":
      return hardC(before, after, first) ? "4" : "8";
    case "X":
      return before !== "" && "CKQ".includes(before) ? "8" : "48";
    case "L":
      return "5";
    case "M":
    case "N":
      return "6";
    case "R":
      return "7";
    case "S":
    case "Z":
      return "8";
    default:
      return "";
  }
}

function hardC(before: string, after: string, first: boolean): boolean {
  if (after === "") return false;
  if (first) return HARD_C_AT_START.includes(after);
  return !(before !== "" && "SZ".includes(before)) && HARD_C.includes(after);
}
