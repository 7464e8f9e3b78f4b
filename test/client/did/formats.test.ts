import { ed25519 } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import { id as keccakOf, TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { bytesToHex, hex32 } from "../../../client/core/index.ts";
import {
  accountControllers,
  approveDid,
  collectApprovals,
  commitmentOf,
  createDid,
  type DidKey,
  type DidState,
  deactivateDid,
  deactivationCommitment,
  decodeControllers,
  decodeDidRequest,
  decodeState,
  deriveDidId,
  didKey,
  didKeyIdOf,
  didTypedData,
  EMPTY_STATE,
  encodeControllers,
  encodeDidRequest,
  encodeState,
  KEY_CODECS,
  NO_NEXT,
  nextCommitment,
  RELATIONSHIPS,
  rotateControllers,
  senderApproval,
  service,
  updateDid,
} from "../../../client/did/index.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import { type DidFixture, didFixture, FAR_DEADLINE, FOUR_KEYS, KEYS, otherKey, seedOf } from "./fixture.ts";

const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hex32(bytesToHex(bytes)));
const text = fc.stringMatching(/^[!-~]{1,40}$/);
const key: fc.Arbitrary<DidKey> = fc
  .record({
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    relationships: fc.constantFrom(1, 2, 3, 8, 16, 27),
    expiry: fc.bigInt(0n, 2n ** 40n - 1n),
  })
  .map(({ seed, ...rest }) => ({ codec: 0xed, material: bytesToHex(ed25519.getPublicKey(seed)), ...rest }));
const state: fc.Arbitrary<DidState> = fc.record({
  keys: fc.uniqueArray(key, { maxLength: 8, selector: didKeyIdOf }),
  services: fc.uniqueArray(fc.record({ id: text, type: text, endpoint: text }), {
    maxLength: 4,
    selector: ({ id }) => id,
  }),
  alsoKnownAs: fc.uniqueArray(text, { maxLength: 4 }),
});

describe("did formats", () => {
  let fixture: DidFixture;

  before(async () => {
    fixture = await didFixture(await network.create());
  });

  describe("state", () => {
    it("is read back as it was written, in the registry's order", () => {
      fc.assert(
        fc.property(state, (given) => {
          const decoded = decodeState(encodeState(given));
          expect(encodeState(decoded)).to.equal(encodeState(given));
          expect(decoded.keys).to.have.deep.members(given.keys);
          expect(decoded.services).to.have.deep.members(given.services);
          expect(decoded.alsoKnownAs).to.have.deep.members(given.alsoKnownAs);
        }),
      );
    });

    it("has one encoding, whatever the order it was given in", () => {
      const reversed = { ...FOUR_KEYS, keys: FOUR_KEYS.keys.toReversed() };
      expect(encodeState(reversed)).to.equal(encodeState(FOUR_KEYS));
    });

    it("is taken by the registry whenever this client encodes it", async () => {
      await fc.assert(
        fc.asyncProperty(state, async (given) => {
          await fixture.registry.checkState(encodeState(given));
        }),
        { numRuns: 30 },
      );
    });

    for (const [what, bytes] of [
      ["no byte at all", "0x"],
      ["a missing list", "0x0000"],
      ["a key cut off", "0x0100ed01ffffffffff0020aabb0000"],
      ["a byte too many", "0x00000000"],
      ["an empty text", "0x0001000161000161"],
      ["a text with a space", "0x00010120016100016100"],
    ] as const) {
      it(`with ${what} is refused`, () =>
        expect(codeOf(() => decodeState(bytes))).to.equal("STATE_MALFORMED"));
    }

    it("with something twice is refused", () => {
      const files = service({ id: "files", type: "X", endpoint: "https://example.com" });
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, keys: [KEYS.p256, KEYS.p256] }))).to.equal(
        "KEY_DUPLICATE",
      );
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, services: [files, files] }))).to.equal(
        "SERVICE_DUPLICATE",
      );
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, alsoKnownAs: ["a:b", "a:b"] }))).to.equal(
        "URI_DUPLICATE",
      );
    });

    it("with more than the registry takes is refused", () => {
      const keys = Array.from({ length: 33 }, (_, i) => otherKey(`key ${i} of many`));
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, keys }))).to.equal("STATE_TOO_LARGE");
      const long = Array.from({ length: 9 }, (_, i) => `x:${i}${"a".repeat(1000)}`);
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, alsoKnownAs: long }))).to.equal("STATE_TOO_LARGE");
      const spaced = [{ id: "a b", type: "X", endpoint: "x:y" }];
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, services: spaced }))).to.equal("SERVICE_INVALID");
    });
  });

  describe("keys", () => {
    for (const [what, options, code] of [
      ["a 2-byte Ed25519 key", { publicKey: "0xabcd" }, "KEY_INVALID"],
      ["an empty key", { publicKey: "0x" }, "KEY_INVALID"],
      ["an Ed25519 point of small order", { publicKey: `0x01${"00".repeat(31)}` }, "KEY_INVALID"],
      ["32 bytes off the Ed25519 curve", { publicKey: `0x02${"00".repeat(31)}` }, "KEY_INVALID"],
      ["a non-canonical Ed25519 point", { publicKey: `0xee${"ff".repeat(30)}7f` }, "KEY_INVALID"],
      [
        "an all-zero X25519 key",
        { codec: KEY_CODECS.X25519, publicKey: `0x${"00".repeat(32)}` },
        "KEY_INVALID",
      ],
      [
        "a secp256k1 point off the curve",
        { codec: KEY_CODECS.SECP256K1, publicKey: `0x02${"00".repeat(31)}05` },
        "KEY_INVALID",
      ],
      [
        "an uncompressed P-256 prefix",
        { codec: KEY_CODECS.P256, publicKey: `0x04${"11".repeat(32)}` },
        "KEY_INVALID",
      ],
      ["no relationship", { relationships: [] }, "RELATIONSHIPS_INVALID"],
      ["Ed25519 for key agreement", { relationships: ["keyAgreement"] }, "RELATIONSHIPS_INVALID"],
      [
        "Ed25519 for key agreement too",
        { relationships: ["authentication", "keyAgreement"] },
        "RELATIONSHIPS_INVALID",
      ],
      ["an expiry of 2^40", { expiry: 2n ** 40n }, "KEY_INVALID"],
    ] as const) {
      it(`refuse ${what}`, () => {
        const base = {
          codec: KEY_CODECS.ED25519,
          publicKey: ed25519.getPublicKey(seedOf("x")),
          relationships: ["authentication"] as const,
        };
        expect(codeOf(() => didKey({ ...base, ...options }))).to.equal(code);
      });
    }

    it("that are private are not encoded, whatever else they are", () => {
      const secret = { ...KEYS.ed25519, codec: 0x1300 };
      expect(codeOf(() => encodeState({ ...EMPTY_STATE, keys: [secret] }))).to.equal("KEY_INVALID");
    });

    it("for X25519 refuse to sign", () => {
      const { codec, material } = KEYS.x25519;
      expect(codec).to.equal(KEY_CODECS.X25519.code);
      const misuse = () =>
        didKey({ codec: KEY_CODECS.X25519, publicKey: material, relationships: ["authentication"] });
      expect(codeOf(misuse)).to.equal("RELATIONSHIPS_INVALID");
    });

    it("have the bits of the registry", () => {
      expect(RELATIONSHIPS).to.deep.equal({
        authentication: 1,
        assertionMethod: 2,
        keyAgreement: 4,
        capabilityInvocation: 8,
        capabilityDelegation: 16,
      });
    });
  });

  describe("controllers", () => {
    const addresses = [
      "0x1111111111111111111111111111111111111111",
      "0x2222222222222222222222222222222222222222",
    ];

    it("are read back, in the registry's order, and taken by it", async () => {
      const encoded = encodeControllers(accountControllers(addresses, 2));
      expect(decodeControllers(encoded)).to.have.property("threshold", 2);
      expect(encodeControllers(decodeControllers(encoded))).to.equal(encoded);
      expect(encodeControllers(accountControllers(addresses.toReversed(), 2))).to.equal(encoded);
      await fixture.registry.checkControllers(encoded);
    });

    for (const [what, controllers] of [
      ["none", accountControllers([])],
      ["threshold 0", accountControllers(addresses, 0)],
      ["a threshold out of reach", accountControllers(addresses, 3)],
      ["half a controller as threshold", accountControllers(addresses, 1.5)],
      ["one twice", accountControllers([addresses[0] ?? "", addresses[0] ?? ""])],
      ["nobody's address", accountControllers([`0x${"00".repeat(20)}`])],
      ["19 bytes", accountControllers([`0x${"11".repeat(19)}`])],
      [
        "17 of them",
        accountControllers(Array.from({ length: 17 }, (_, i) => `0x${"11".repeat(19)}${10 + i}`)),
      ],
    ] as const) {
      it(`refuse ${what}`, () =>
        expect(codeOf(() => encodeControllers(controllers))).to.equal("CONTROLLERS_INVALID"));
    }

    it("and salt give the identifier that the registry computes", async () => {
      await fc.assert(
        fc.asyncProperty(word, word, async (next, salt) => {
          const controllers = accountControllers(addresses);
          const { chainId } = fixture;
          const ours = deriveDidId({
            chainId,
            registry: hex32Address(fixture.address),
            controllers,
            next,
            salt,
          });
          expect(ours).to.equal(await fixture.registry.didOf(encodeControllers(controllers), next, salt));
        }),
        { numRuns: 10 },
      );
    });
  });

  describe("commitments", () => {
    it("of every kind of change are the registry's", async () => {
      const { registry, signers, create, execute, record } = fixture;
      const { did, id } = await create();
      const check = async () => {
        const { version, snapshot } = await record(did);
        const head = await registry.head(id);
        expect(commitmentOf(version, head.updated, snapshot)).to.equal(await registry.commitment(id));
      };
      await check();
      await execute(updateDid(await record(did), { state: EMPTY_STATE, deadline: FAR_DEADLINE }));
      await check();
      const [, second, third] = signers;
      const salt = hex32(keccakOf("salt"));
      const successors = accountControllers([third?.address ?? ""]);
      await execute(
        rotateControllers(await record(did), {
          controllers: accountControllers([second?.address ?? ""]),
          next: nextCommitment(successors, salt),
          deadline: FAR_DEADLINE,
        }),
      );
      await check();
      const before = await registry.commitment(id);
      if (third === undefined) throw new Error("the chain has fewer than three accounts");
      const end = deactivateDid(await record(did), {
        successors: { controllers: successors, salt },
        deadline: FAR_DEADLINE,
      });
      await execute(end, [third]);
      const head = await registry.head(id);
      expect(deactivationCommitment(4, head.updated, hex32(before))).to.equal(await registry.commitment(id));
    });
  });

  describe("operations", () => {
    const salt = hex32(keccakOf("another salt"));

    it("are signed as the registry hashes them: all four kinds are executed from their text", async () => {
      const { signers, chainId, address, execute, record } = fixture;
      const [alice, bob, carol] = signers;
      if (alice === undefined || bob === undefined || carol === undefined)
        throw new Error("too few accounts");
      const relayed = (request: ReturnType<typeof createDid>) => decodeDidRequest(encodeDidRequest(request));
      const controllers = accountControllers([alice.address, bob.address, carol.address], 2);
      const creation = createDid({
        chainId,
        registry: address,
        controllers,
        state: FOUR_KEYS,
        salt,
        deadline: FAR_DEADLINE,
      });
      expect(relayed(creation).operation).to.deep.equal(creation.operation);
      await execute(relayed(creation), [alice, carol]);
      const did = `did:dkms:${chainId}:${creation.operation.did.slice(2)}`;
      const update = updateDid(await record(did), { state: EMPTY_STATE, deadline: FAR_DEADLINE });
      await execute(relayed(update), [carol, bob]);
      const rotation = rotateControllers(await record(did), {
        controllers: accountControllers([bob.address]),
        deadline: FAR_DEADLINE,
      });
      await execute(relayed(rotation), [alice, bob]);
      expect((await record(did)).controlVersion).to.equal(3);
      await execute(relayed(deactivateDid(await record(did), { deadline: FAR_DEADLINE })), [bob]);
      expect(await codeOfAsync(() => record(did))).to.equal("DID_DEACTIVATED");
    });

    it("rotating controllers drops the keys and keeps the services, unless told otherwise", async () => {
      const files = service({ id: "files", type: "LinkedDomains", endpoint: "https://example.com" });
      const { did } = await fixture.create({ ...FOUR_KEYS, services: [files] });
      const before = await fixture.record(did);
      const controllers = accountControllers([fixture.signers[1]?.address ?? ""]);
      const stateIn = (request: ReturnType<typeof rotateControllers>) =>
        request.operation.action === "DidRotation" ? decodeState(request.operation.state) : undefined;
      const dropped = stateIn(rotateControllers(before, { controllers, deadline: FAR_DEADLINE }));
      expect(dropped?.keys).to.deep.equal([]);
      expect(dropped?.services).to.deep.equal([files]);
      const kept = stateIn(
        rotateControllers(before, { controllers, state: before.state, deadline: FAR_DEADLINE }),
      );
      expect(kept?.keys).to.have.length(4);
    });

    it("refuse a reveal where nothing was committed, and a wrong one where something was", async () => {
      const [, second] = fixture.signers;
      const controllers = accountControllers([second?.address ?? ""]);
      const plain = await fixture.record((await fixture.create()).did);
      const successors = { controllers, salt };
      expect(codeOf(() => deactivateDid(plain, { successors, deadline: FAR_DEADLINE }))).to.equal(
        "CONTROLLERS_INVALID",
      );
      const committed = await fixture.create(FOUR_KEYS, { next: nextCommitment(controllers, salt) });
      const record = await fixture.record(committed.did);
      const wrong = { controllers, salt: NO_NEXT };
      expect(codeOf(() => deactivateDid(record, { successors: wrong, deadline: FAR_DEADLINE }))).to.equal(
        "CONTROLLERS_INVALID",
      );
      const rotation = { controllers, endPreRotation: true, deadline: FAR_DEADLINE } as const;
      expect(codeOf(() => rotateControllers(record, rotation))).to.equal("CONTROLLERS_INVALID");
    });

    it("count no stranger's approval, and no approval twice", async () => {
      const [alice, bob, stranger] = fixture.signers;
      if (alice === undefined || bob === undefined || stranger === undefined)
        throw new Error("too few accounts");
      const { chainId, address } = fixture;
      const controllers = accountControllers([alice.address, bob.address], 2);
      const request = createDid({
        chainId,
        registry: address,
        controllers,
        state: FOUR_KEYS,
        salt,
        deadline: 1n,
      });
      expect(await codeOfAsync(() => approveDid(stranger, request))).to.equal("APPROVAL_INVALID");
      expect(codeOf(() => senderApproval(request, stranger.address))).to.equal("APPROVAL_INVALID");
      const once = await approveDid(alice, request);
      expect(codeOf(() => collectApprovals(request, [once, once]))).to.equal("QUORUM_MISSING");
      const both = collectApprovals(request, [senderApproval(request, bob.address), once]);
      expect(both).to.have.length(2);
    });

    it("refuse a signer that signs as somebody else than it says", async () => {
      const [alice, bob] = fixture.signers;
      if (alice === undefined || bob === undefined) throw new Error("too few accounts");
      const { chainId, address } = fixture;
      const controllers = accountControllers([alice.address]);
      const request = createDid({
        chainId,
        registry: address,
        controllers,
        state: FOUR_KEYS,
        salt,
        deadline: 1n,
      });
      const impostor = {
        getAddress: () => alice.getAddress(),
        signTypedData: (...args: Parameters<typeof bob.signTypedData>) => bob.signTypedData(...args),
      };
      expect(await codeOfAsync(() => approveDid(impostor, request))).to.equal("APPROVAL_INVALID");
      const mumbler = { getAddress: () => alice.getAddress(), signTypedData: async () => "0x1234" };
      expect(await codeOfAsync(() => approveDid(mumbler, request))).to.equal("APPROVAL_INVALID");
    });

    it("have the type hashes of the registry's structs", () => {
      const { chainId, address } = fixture;
      const controllers = accountControllers([`0x${"11".repeat(20)}`]);
      const request = createDid({
        chainId,
        registry: address,
        controllers,
        state: FOUR_KEYS,
        salt,
        deadline: 1n,
      });
      const { types, primaryType } = didTypedData(request);
      expect(TypedDataEncoder.from(types).encodeType(primaryType)).to.equal(
        "DidCreation(bytes20 did,bytes controllers,bytes32 next,bytes32 salt,bytes state,uint64 deadline)",
      );
    });

    for (const text of [
      "",
      "{}",
      "null",
      '{"format":"dkms-did-request-1"}',
      "[1]",
      '{"format":"dkms-did-request-2"}',
    ]) {
      it(`are not read from ${JSON.stringify(text)}`, () => {
        expect(codeOf(() => decodeDidRequest(text))).to.equal("REQUEST_MALFORMED");
      });
    }
  });
});

function hex32Address(address: string) {
  return address.toLowerCase() as `0x${string}`;
}
