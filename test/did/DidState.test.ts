import { expect } from "chai";
import { concat, keccak256, randomBytes, toBeHex } from "ethers";
import {
  ascending,
  assemble,
  CODEC,
  EMPTY_STATE,
  encodeController,
  encodeKey,
  encodeService,
  encodeState,
  encodeText,
  keyIdOf,
  NEVER,
  RELATIONSHIP,
  type StateKey,
  textHash,
} from "./encoding.ts";
import { bytes32, controllerKey, deployWorld, type World } from "./world.ts";

const { AUTHENTICATION, KEY_AGREEMENT } = RELATIONSHIP;
const SIGNATURE_CODECS = [CODEC.ED25519, CODEC.SECP256K1, CODEC.P256] as const;
/** ML-DSA-44, which the registry does not know. */
const UNKNOWN = 0x1210;

function keyOf(codec: number, name = "key", relationships?: number): StateKey {
  const point = codec === CODEC.SECP256K1 || codec === CODEC.P256;
  return {
    codec,
    relationships: relationships ?? (codec === CODEC.X25519 ? KEY_AGREEMENT : AUTHENTICATION),
    expiry: NEVER,
    key: point ? concat(["0x02", bytes32(name)]) : bytes32(name),
  };
}

describe("DidRegistry", () => {
  let world: World;
  before(async () => {
    world = await deployWorld();
  });

  async function accepts(state: string): Promise<void> {
    await world.registry.checkState(state);
  }

  async function refuses(state: string, error: string, ...values: readonly unknown[]): Promise<void> {
    await expect(world.registry.checkState(state))
      .to.be.revertedWithCustomError(world.registry, error)
      .withArgs(...values);
  }

  describe("checkState", () => {
    it("accepts a state with nothing in it", () => accepts(EMPTY_STATE));

    it("accepts every known codec with every relationship that it serves", async () => {
      for (let mask = 1; mask < 32; ++mask) {
        if ((mask & KEY_AGREEMENT) === 0)
          await accepts(encodeState({ keys: SIGNATURE_CODECS.map((codec) => keyOf(codec, "key", mask)) }));
      }
      await accepts(encodeState({ keys: [keyOf(CODEC.X25519)] }));
    });

    it("refuses every other bitmask of relationships", async () => {
      for (const codec of [...SIGNATURE_CODECS, CODEC.X25519, UNKNOWN]) {
        for (let mask = 0; mask < 256; ++mask) {
          const agreement = (mask & KEY_AGREEMENT) !== 0;
          const served =
            codec === CODEC.X25519
              ? mask === KEY_AGREEMENT
              : mask > 0 && mask < 32 && (agreement ? codec === UNKNOWN && mask === KEY_AGREEMENT : true);
          const state = encodeState({ keys: [keyOf(codec, "key", mask)] });
          if (served) await accepts(state);
          else await refuses(state, "DidRegistryRelationshipsInvalid", codec, mask);
        }
      }
    });

    it("refuses a key that has not the length of its codec, empty ones included", async () => {
      for (const codec of [...SIGNATURE_CODECS, CODEC.X25519]) {
        const right = (keyOf(codec).key.length - 2) / 2;
        for (const length of [0, 1, 2, right - 1, right + 1, 65]) {
          const key = { ...keyOf(codec), key: concat(["0x02", randomBytes(64)]).slice(0, 2 + 2 * length) };
          await refuses(encodeState({ keys: [key] }), "DidRegistryKeyLengthWrong", codec, length);
        }
      }
    });

    it("refuses a compressed point that does not begin with 2 or 3", async () => {
      for (const codec of [CODEC.SECP256K1, CODEC.P256]) {
        await accepts(encodeState({ keys: [{ ...keyOf(codec), key: concat(["0x03", bytes32("point")]) }] }));
        for (const prefix of [0, 1, 4, 5, 6, 7, 0x82, 0xff]) {
          const key = { ...keyOf(codec), key: concat([toBeHex(prefix, 1), bytes32("point")]) };
          await refuses(encodeState({ keys: [key] }), "DidRegistryKeyPrefixWrong", codec, prefix);
        }
      }
    });

    it("accepts keys under codecs that it does not know, from 32 bytes on", async () => {
      for (const length of [32, 57, 1312, 8000]) {
        await accepts(encodeState({ keys: [{ ...keyOf(UNKNOWN), key: `0x${"ab".repeat(length)}` }] }));
      }
      for (const length of [0, 1, 31]) {
        const key = { ...keyOf(UNKNOWN), key: `0x${"ab".repeat(length)}` };
        await refuses(encodeState({ keys: [key] }), "DidRegistryKeyLengthWrong", UNKNOWN, length);
      }
    });

    it("refuses all codecs of private keys", async () => {
      for (const codec of [0x1300, 0x1301, 0x1305, 0x13ff]) {
        await refuses(encodeState({ keys: [keyOf(codec)] }), "DidRegistryKeyPrivate", codec);
      }
      for (const codec of [0x12ff, 0x1400]) await accepts(encodeState({ keys: [keyOf(codec)] }));
    });

    it("refuses keys out of order and keys that occur twice, whatever their use and expiry", async () => {
      const [low, high] = ascending([keyOf(CODEC.ED25519, "a"), keyOf(CODEC.ED25519, "b")], keyIdOf);
      if (low === undefined || high === undefined) throw new Error("no keys");
      await accepts(assemble([encodeKey(low), encodeKey(high)]));
      await refuses(
        assemble([encodeKey(high), encodeKey(low)]),
        "DidRegistryKeysNotAscending",
        keyIdOf(high),
        keyIdOf(low),
      );
      const again = { ...low, relationships: 2, expiry: 5 };
      await refuses(
        assemble([encodeKey(low), encodeKey(again)]),
        "DidRegistryKeysNotAscending",
        keyIdOf(low),
        keyIdOf(low),
      );
    });

    it("accepts the same bytes under two codecs: these are two keys", () =>
      accepts(encodeState({ keys: [keyOf(CODEC.SECP256K1), keyOf(CODEC.P256)] })));

    it("accepts 32 keys, refuses 33", async () => {
      const keys = Array.from({ length: 33 }, (_, i) => keyOf(CODEC.ED25519, `key ${i}`));
      await accepts(encodeState({ keys: keys.slice(1) }));
      await refuses(encodeState({ keys }), "DidRegistryKeyCount", 33, 32);
    });

    it("accepts 16 services and 16 other names, refuses 17", async () => {
      const texts = Array.from({ length: 17 }, (_, i) => `https://example.com/${i}`);
      const services = texts.map((endpoint, i) => ({ id: `s${i}`, type: "LinkedDomains", endpoint }));
      await accepts(encodeState({ services: services.slice(1), alsoKnownAs: texts.slice(1) }));
      await refuses(encodeState({ services }), "DidRegistryServiceCount", 17, 16);
      await refuses(encodeState({ alsoKnownAs: texts }), "DidRegistryAlsoKnownAsCount", 17, 16);
    });

    it("refuses services and other names out of order or twice", async () => {
      const [low, high] = ascending(["one", "two"], textHash);
      if (low === undefined || high === undefined) throw new Error("no texts");
      for (const [a, b] of [
        [high, low],
        [low, low],
      ] as const) {
        const services = [a, b].map((id, i) =>
          encodeService({ id, type: "T", endpoint: `https://x.y/${i}` }),
        );
        await refuses(assemble([], services), "DidRegistryServicesNotAscending", textHash(a), textHash(b));
        const names = [a, b].map((name) => encodeText(name, 2));
        await refuses(
          assemble([], [], names),
          "DidRegistryAlsoKnownAsNotAscending",
          textHash(a),
          textHash(b),
        );
      }
    });

    it("refuses empty texts", async () => {
      const full = { id: "i", type: "T", endpoint: "e" };
      await refuses(assemble([], [encodeService({ ...full, id: "" })]), "DidRegistryTextEmpty", 2);
      await refuses(assemble([], [encodeService({ ...full, type: "" })]), "DidRegistryTextEmpty", 4);
      await refuses(assemble([], [encodeService({ ...full, endpoint: "" })]), "DidRegistryTextEmpty", 6);
      await refuses(assemble([], [], [encodeText("", 2)]), "DidRegistryTextEmpty", 3);
    });

    it("accepts exactly the bytes 0x21 … 0x7e, wherever they stand", async () => {
      const length = 70;
      for (let byte = 0; byte < 256; ++byte) {
        const position = (byte * 37) % length;
        const text = new Uint8Array(length).fill(0x61);
        text[position] = byte;
        const state = concat([EMPTY_STATE.slice(0, 6), "0x01", toBeHex(length, 2), text]);
        if (byte >= 0x21 && byte <= 0x7e) await accepts(state);
        else await refuses(state, "DidRegistryTextNotPrintable", 3);
      }
    });

    it("looks at the first and the last byte of texts around the length of a word", async () => {
      for (const length of [1, 2, 31, 32, 33, 63, 64, 65]) {
        for (const position of [0, length - 1]) {
          const text = new Uint8Array(length).fill(0x7e);
          const encoded = () => concat(["0x000001", toBeHex(length, 2), text]);
          await accepts(encoded());
          for (const byte of [0x20, 0x7f, 0x80, 0xff]) {
            text[position] = byte;
            await refuses(encoded(), "DidRegistryTextNotPrintable", 3);
          }
        }
      }
    });

    it("refuses a state cut off at any byte, or with a byte too many", async () => {
      const state = encodeState({
        keys: [keyOf(CODEC.SECP256K1), keyOf(UNKNOWN)],
        services: [{ id: "inbox", type: "DIDCommMessaging", endpoint: "https://example.com" }],
        alsoKnownAs: ["https://example.com", "did:example:1"],
      });
      await accepts(state);
      const length = (state.length - 2) / 2;
      for (let cut = 0; cut < length; ++cut) {
        await expect(
          world.registry.checkState(state.slice(0, 2 + 2 * cut)),
          `cut at ${cut}`,
        ).to.be.revertedWithCustomError(world.registry, "DidRegistryStateTruncated");
      }
      await refuses(`${state}00`, "DidRegistryStateTrailing", length + 1, length);
    });

    it("names the element that is cut off", async () => {
      const key = encodeKey(keyOf(CODEC.ED25519));
      await refuses("0x", "DidRegistryStateTruncated", 0, 0);
      await refuses(concat(["0x01", key]).slice(0, -2), "DidRegistryStateTruncated", 42, 1);
      await refuses(concat(["0x01", key]), "DidRegistryStateTruncated", 43, 43);
      await refuses("0x0001", "DidRegistryStateTruncated", 2, 2);
      await refuses("0x000001ffff", "DidRegistryStateTruncated", 5, 3);
    });

    it("accepts 8192 bytes, refuses one more", async () => {
      const long = (bytes: number) =>
        encodeState({ keys: [{ ...keyOf(UNKNOWN), key: `0x${"ab".repeat(bytes)}` }] });
      await accepts(long(8192 - 13));
      await refuses(long(8193 - 13), "DidRegistryStateTooLong", 8193, 8192);
    });
  });

  describe("checkControllers", () => {
    const alice = controllerKey("alice").address;
    const entries = (...addresses: readonly string[]) =>
      ascending(addresses, keccak256).map((address) => encodeController(address));

    async function refusesControllers(list: string, error: string, ...values: readonly unknown[]) {
      await expect(world.registry.checkControllers(list))
        .to.be.revertedWithCustomError(world.registry, error)
        .withArgs(...values);
    }

    it("accepts every reachable threshold", async () => {
      const addresses = Array.from({ length: 16 }, (_, i) => controllerKey(`c${i}`).address);
      for (const count of [1, 2, 16]) {
        const list = entries(...addresses.slice(0, count));
        for (let threshold = 1; threshold <= count; ++threshold)
          await world.registry.checkControllers(concat([toBeHex(threshold, 1), ...list]));
        await refusesControllers(concat(["0x00", ...list]), "DidRegistryThresholdUnreachable", 0, count);
        const beyond = concat([toBeHex(count + 1, 1), ...list]);
        await refusesControllers(beyond, "DidRegistryThresholdUnreachable", count + 1, count);
      }
    });

    it("refuses no controller and more than sixteen", async () => {
      await refusesControllers("0x01", "DidRegistryControllerCount", 0, 16);
      const addresses = Array.from({ length: 17 }, (_, i) => controllerKey(`c${i}`).address);
      await refusesControllers(
        concat(["0x01", ...entries(...addresses)]),
        "DidRegistryControllerCount",
        17,
        16,
      );
    });

    it("refuses a list cut off at any byte", async () => {
      const list = concat(["0x01", ...entries(alice, controllerKey("bob").address)]);
      const lengths = new Set([1, 23]);
      for (let cut = 0; cut < 45; ++cut) {
        if (!lengths.has(cut))
          await refusesControllers(list.slice(0, 2 + 2 * cut), "DidRegistryControllersTruncated", cut);
      }
      await refusesControllers(`${list}00`, "DidRegistryControllersTruncated", 46);
    });

    it("refuses a controller twice, or out of order", async () => {
      const [low, high] = ascending([alice, controllerKey("bob").address], keccak256);
      if (low === undefined || high === undefined) throw new Error("no keys");
      for (const [a, b] of [
        [low, low],
        [high, low],
      ] as const) {
        await refusesControllers(
          concat(["0x01", encodeController(a), encodeController(b)]),
          "DidRegistryControllersNotAscending",
          keccak256(a),
          keccak256(b),
        );
      }
    });

    it("refuses unknown kinds, wrong lengths and key zero", async () => {
      await refusesControllers(concat(["0x01", encodeController(alice, 0)]), "AgentKeyKindUnknown", 0);
      await refusesControllers(concat(["0x01", encodeController(alice, 255)]), "AgentKeyKindUnknown", 255);
      await refusesControllers(
        concat(["0x01", encodeController(`${alice}00`)]),
        "AgentKeyLengthWrong",
        1,
        21,
      );
      await refusesControllers(concat(["0x01", encodeController("0x")]), "AgentKeyLengthWrong", 1, 0);
      const zero = `0x${"00".repeat(20)}`;
      await expect(
        world.registry.checkControllers(concat(["0x01", encodeController(zero)])),
      ).to.be.revertedWithCustomError(world.registry, "AgentKeyZero");
    });
  });
});
