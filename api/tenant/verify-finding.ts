/** Something in Cal.com, or in the document itself, that will not work as the document says. */
export interface Finding {
  /** Of the document, parts by their name: `eventTypes[3719739].hosts`. */
  path: string;
  text: string;
}
