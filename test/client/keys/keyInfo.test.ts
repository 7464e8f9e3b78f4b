import { expect } from "chai";
import {
  describeKey,
  KEY_HOLDERS,
  KEY_PURPOSES,
  type KeyInfo,
  keyInfo,
  keyInfoJson,
  parseKeyInfo,
  rotationReminders,
} from "../../../client/keys/index.ts";
import { codeOf } from "../support.ts";

const DAY = 86_400n;
const NOW = 20_000n * DAY;

describe("keys/keyInfo", () => {
  it("keeps days, not times", () => {
    const morning = keyInfo({ purpose: "POLICY", holder: "phone", now: NOW + 1n, lifetimeDays: 30 });
    const evening = keyInfo({ purpose: "POLICY", holder: "phone", now: NOW + DAY - 1n, lifetimeDays: 30 });
    expect(morning)
      .to.deep.equal(evening)
      .and.to.deep.equal({
        ...{ purpose: "POLICY", holder: "phone", createdAt: NOW, expiresAt: NOW + 30n * DAY },
      });
    expect(keyInfo({ purpose: "MASTER", now: NOW })).to.deep.equal({
      ...{ purpose: "MASTER", holder: "other", createdAt: NOW },
    });
  });

  it("describes a key by purpose and holder alone: as many texts as there are pairs of words", () => {
    const infos = KEY_PURPOSES.flatMap((purpose) =>
      KEY_HOLDERS.map((holder) => keyInfo({ purpose, holder, now: NOW })),
    );
    const texts = infos.map(describeKey);
    expect(new Set(texts).size).to.equal(KEY_PURPOSES.length * KEY_HOLDERS.length);
    expect(texts).to.include.members([
      "policy key of a phone",
      "recovery key of paper",
      "did agreement key of another device",
    ]);
    for (const text of texts) expect(text).to.match(/^[a-z ]+$/);
  });

  it("survives JSON", () => {
    for (const lifetime of [{}, { lifetimeDays: 7 }]) {
      const info = keyInfo({ purpose: "STORAGE", holder: "server", now: NOW, ...lifetime });
      expect(parseKeyInfo(JSON.parse(JSON.stringify(keyInfoJson(info))))).to.deep.equal(info);
    }
  });

  it("refuses free text, times that are no days, and expiry before creation", () => {
    const good = keyInfoJson(keyInfo({ purpose: "STORAGE", now: NOW, lifetimeDays: 7 }));
    const bad: readonly unknown[] = [
      { ...good, holder: "Alice's phone" },
      { ...good, purpose: "FUN" },
      { ...good, description: "of alice@example.org" },
      { ...good, createdAt: "1" },
      { ...good, createdAt: Number(good.createdAt) },
      { ...good, createdAt: "01" },
      { ...good, expiresAt: good.createdAt },
      { ...good, expiresAt: "1" },
      null,
      "info",
    ];
    for (const value of bad) expect(codeOf(() => parseKeyInfo(value))).to.equal("KEY_INFO_MALFORMED");
    for (const lifetimeDays of [0, -1, 1.5, Number.NaN]) {
      expect(codeOf(() => keyInfo({ purpose: "STORAGE", now: NOW, lifetimeDays }))).to.equal(
        "KEY_INFO_MALFORMED",
      );
    }
    for (const now of [-1n, -DAY]) {
      expect(codeOf(() => keyInfo({ purpose: "STORAGE", now }))).to.equal("KEY_INFO_MALFORMED");
    }
  });
});

describe("keys/rotationReminders", () => {
  const keyOf = (info: KeyInfo) => ({ info });
  const lasting = (days: number) => keyOf(keyInfo({ purpose: "POLICY", now: NOW, lifetimeDays: days }));
  const stateAt = (key: { readonly info: KeyInfo }, days: bigint, notice?: bigint) =>
    rotationReminders([key], NOW + days * DAY, notice)[0]?.state;

  it("mentions a key within the notice before its expiry, and from its expiry on", () => {
    const year = lasting(365);
    expect([334n, 335n, 364n, 365n, 9999n].map((days) => stateAt(year, days))).to.deep.equal([
      ...[undefined, "EXPIRING", "EXPIRING", "EXPIRED", "EXPIRED"],
    ]);
    const expiry = NOW + 365n * DAY;
    expect(rotationReminders([year], expiry - 1n)[0]?.state).to.equal("EXPIRING");
    expect(rotationReminders([year], expiry)[0]).to.deep.equal({
      key: year,
      state: "EXPIRED",
      since: expiry,
    });
  });

  it("does not mention a short-lived key for all its life", () => {
    const week = lasting(8);
    expect([0n, 3n, 4n, 8n].map((days) => stateAt(week, days))).to.deep.equal([
      ...[undefined, undefined, "EXPIRING", "EXPIRED"],
    ]);
    expect(stateAt(lasting(365), 363n, 1n)).to.equal(undefined);
    expect(stateAt(lasting(365), 364n, 1n)).to.equal("EXPIRING");
  });

  it("mentions keys without expiry that serve longer than advised, but for those that are kept for ever", () => {
    const of = (purpose: KeyInfo["purpose"]) => keyOf(keyInfo({ purpose, now: NOW }));
    expect([729n, 730n].map((days) => stateAt(of("POLICY"), days))).to.deep.equal([undefined, "OLD"]);
    expect([89n, 90n].map((days) => stateAt(of("PROOF"), days))).to.deep.equal([undefined, "OLD"]);
    for (const purpose of ["MASTER", "ESCROW", "DEAD_DROP"] as const) {
      expect(stateAt(of(purpose), 100_000n)).to.equal(undefined);
    }
  });

  it("puts the most urgent first and leaves out what is fine", () => {
    const [soon, over, fine] = [lasting(10), lasting(5), lasting(400)];
    const reminders = rotationReminders([fine, soon, over], NOW + 9n * DAY);
    expect(reminders.map(({ key, state }) => [key, state])).to.deep.equal([
      [over, "EXPIRED"],
      [soon, "EXPIRING"],
    ]);
    expect(rotationReminders([], NOW)).to.deep.equal([]);
  });
});
