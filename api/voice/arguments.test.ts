import { describe, expect, it } from "vitest";
import { readArguments } from "./arguments.js";

describe("Arguments of a tool", () => {
  it("are read wherever a model puts the text, and never dropped: a person, a day, a time, a name, a number.", () => {
    const wrapped = [
      (text: string) => [text],
      (text: string) => ({ name: text }),
      (text: string) => [{ value: text }],
    ];
    for (const wrap of wrapped) {
      expect(
        readArguments({
          services: wrap("Dauerwelle"),
          staff: wrap("Fabian"),
          date: wrap("2031-12-03"),
          time: wrap("10:00"),
          part_of_day: wrap("vormittag"),
          when_text: wrap("am Mittwoch um zehn"),
          customer_name: wrap("Jörg O'Neill"),
          customer_phone: wrap("0151 23456789"),
          offer_id: wrap("of_abc"),
        }),
      ).toMatchObject({
        services: ["Dauerwelle"],
        staff: "Fabian",
        date: "2031-12-03",
        time: "10:00",
        partOfDay: "vormittag",
        whenText: "am Mittwoch um zehn",
        customerName: "Jörg O'Neill",
        customerPhone: "0151 23456789",
        offerId: "of_abc",
      });
    }
    expect(readArguments({ service: { name: "Gloss" } }).services).toEqual(["Gloss"]);
    expect(readArguments({ staff: ["Fabian", "Emma"] }).staff).toBe("Fabian, Emma");
  });

  it("that hold nothing are not said, whatever their form.", () => {
    for (const nothing of [undefined, null, "", [], {}, [""], { name: "null" }]) {
      const { services, staff, date, customerName } = readArguments({
        services: nothing,
        staff: nothing,
        date: nothing,
        customer_name: nothing,
      });
      expect({ services, staff, date, customerName }).toEqual({
        services: [],
        staff: null,
        date: null,
        customerName: null,
      });
    }
  });
});
