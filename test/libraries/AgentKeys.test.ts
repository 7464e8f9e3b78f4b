import { readFileSync } from "node:fs";
import { p256 } from "@noble/curves/nist.js";
import { expect } from "chai";
import {
  concat,
  dataLength,
  dataSlice,
  getBytes,
  hexlify,
  id,
  keccak256,
  toBeHex,
  toUtf8String,
  Wallet,
  ZeroAddress,
  zeroPadValue,
} from "ethers";
import { network } from "hardhat";
import type { AgentKeysHarness } from "../../types/mocks/AgentKeysHarness.ts";
import {
  type Assertion,
  type AssertionOptions,
  assertion,
  assertionOf,
  clientDataOf,
  encodeAssertion,
  FLAGS,
  pointKey,
  signPoint,
} from "../support/assertions.ts";

const SECP256K1 = 1;
const CONTRACT = 2;
const P256 = 3;
const WEBAUTHN = 4;
const DEVICE_BOUND = 5;

/** The order of HostileWallet's tricks. */
const TRICKS = [
  "reverts with the right answer",
  "answers nothing",
  "answers in four bytes",
  "answers true",
  "answers with dirty padding",
  "answers with a megabyte",
  "reverts with a megabyte",
  "burns all gas",
  "writes",
] as const;
type Trick = (typeof TRICKS)[number];

const DIGEST = id("dkms test digest");
const { p: PRIME, n: ORDER } = p256.Point.CURVE();

type Ceremony = Readonly<Record<"challenge" | "authenticatorData" | "clientDataJSON" | "signature", string>>;
type Vectors = {
  readonly assertions: readonly {
    readonly name: string;
    readonly input: {
      readonly registration: Pick<Ceremony, "authenticatorData">;
      readonly authentication: Ceremony;
    };
  }[];
};

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/webauthn.json", import.meta.url), "utf8"),
) as Vectors;

/** x and y out of the COSE key that ends the data of a registration. */
function publicKeyOf(authenticatorData: string): string {
  const { x, y } = /215820(?<x>.{64})225820(?<y>.{64})$/.exec(authenticatorData)?.groups ?? {};
  return `0x${x}${y}`;
}

async function deploy(hardfork?: "prague") {
  const { ethers, networkHelpers } = await network.create(
    hardfork === undefined ? {} : { network: "default", override: { hardfork } },
  );
  const AgentSignatures = await (await ethers.deployContract("AgentSignatures")).getAddress();
  const deployed: unknown = await ethers.deployContract("AgentKeysHarness", {
    libraries: { AgentSignatures },
  });
  return { ethers, networkHelpers, keys: deployed as AgentKeysHarness };
}

describe("AgentKeys", () => {
  let world: Awaited<ReturnType<typeof deploy>>;
  let keys: AgentKeysHarness;
  const owner = new Wallet(id("dkms test wallet owner"));

  before(async () => {
    world = await deploy();
    keys = world.keys;
  });

  function sign(wallet: Wallet, digest = DIGEST): string {
    return wallet.signingKey.sign(digest).serialized;
  }

  function check(kind: number, key: string, signature: string | Uint8Array, sender = ZeroAddress) {
    return keys.requireSignature(kind, key, DIGEST, signature, sender);
  }

  async function refuses(asked: Promise<unknown>, error: string, ...args: readonly unknown[]): Promise<void> {
    await expect(asked)
      .to.be.revertedWithCustomError(keys, error)
      .withArgs(...args);
  }

  async function deployWallet(holder = owner.address): Promise<string> {
    return (await world.ethers.deployContract("WalletMock", [holder])).getAddress();
  }

  async function deployHostile(trick: Trick): Promise<string> {
    return (await world.ethers.deployContract("HostileWallet", [TRICKS.indexOf(trick)])).getAddress();
  }

  /** An account of this name that delegates to the code at `delegate`, set by a transaction as EIP-7702 has it. */
  async function delegated(name: string, delegate: string): Promise<Wallet> {
    const { ethers } = world;
    const [payer] = await ethers.getSigners();
    const account = new Wallet(id(`dkms test ${name}`));
    const sender = new Wallet(id(`dkms test payer of ${name}`), ethers.provider);
    await (await payer?.sendTransaction({ to: sender.address, value: 10n ** 18n }))?.wait();
    const { chainId } = await ethers.provider.getNetwork();
    const authorization = await account.authorize({ address: delegate, nonce: 0, chainId });
    const { maxFeePerGas, maxPriorityFeePerGas } = await ethers.provider.getFeeData();
    const raw = await sender.signTransaction({
      type: 4,
      chainId,
      nonce: 0,
      to: sender.address,
      gasLimit: 200_000,
      maxFeePerGas,
      maxPriorityFeePerGas,
      authorizationList: [authorization],
    });
    await (await ethers.provider.broadcastTransaction(raw)).wait();
    expect(await ethers.provider.getCode(account.address)).to.equal(
      concat(["0xef0100", delegate]).toLowerCase(),
    );
    return account;
  }

  describe("requireKey", () => {
    it("reverts for a kind that there is not", async () => {
      for (const kind of [0, 6, 255]) {
        for (const key of [owner.address, pointKey("alice").key]) {
          await refuses(keys.requireKey(kind, key), "AgentKeyKindUnknown", kind);
        }
      }
    });

    it("reverts for material of another length", async () => {
      const { key } = pointKey("alice");
      const wallet = await deployWallet();
      for (const bad of ["0x", dataSlice(wallet, 1), `${wallet}00`, zeroPadValue(wallet, 32), key]) {
        await refuses(keys.requireKey(CONTRACT, bad), "AgentKeyLengthWrong", CONTRACT, dataLength(bad));
      }
      for (const kind of [P256, WEBAUTHN, DEVICE_BOUND]) {
        for (const bad of ["0x", owner.address, dataSlice(key, 1), `${key}00`, concat(["0x04", key])]) {
          await refuses(keys.requireKey(kind, bad), "AgentKeyLengthWrong", kind, dataLength(bad));
        }
      }
    });

    describe("CONTRACT", () => {
      it("accepts an address with code, which SECP256K1 accepts as well", async () => {
        const wallet = await deployWallet();
        await keys.requireKey(CONTRACT, wallet);
        await keys.requireKey(SECP256K1, wallet);
      });

      it("reverts for an address without code", async () => {
        for (const account of [owner.address, ZeroAddress]) {
          await refuses(keys.requireKey(CONTRACT, account), "AgentKeyWithoutCode", account);
        }
      });

      it("reverts for precompiles, the identity and P-256 among them", async () => {
        for (const number of [1, 2, 4, 9, 0x100]) {
          const account = toBeHex(number, 20);
          await refuses(keys.requireKey(CONTRACT, account), "AgentKeyWithoutCode", account);
        }
      });

      it("reverts for an account that delegates, which SECP256K1 accepts", async () => {
        const delegate = await deployWallet();
        const account = await delegated("delegating key", delegate);
        await refuses(
          keys.requireKey(CONTRACT, account.address),
          "AgentKeyDelegated",
          account.address,
          delegate,
        );
        await keys.requireKey(SECP256K1, account.address);
      });
    });

    for (const [name, kind] of [
      ["P256", P256],
      ["WEBAUTHN", WEBAUTHN],
      ["WEBAUTHN_DEVICE_BOUND", DEVICE_BOUND],
    ] as const) {
      describe(name, () => {
        it("accepts a point", async () => {
          await keys.requireKey(kind, pointKey("alice").key);
        });

        it("reverts for what is no point, and for the point at infinity", async () => {
          const { key } = pointKey("alice");
          const [x, y] = [dataSlice(key, 0, 32), dataSlice(key, 32)];
          const beside = toBeHex(BigInt(y) ^ 1n, 32);
          const zero = toBeHex(0, 32);
          for (const [badX, badY] of [
            [x, beside],
            [y, x],
            [zero, zero],
            [x, zero],
          ] as const) {
            await refuses(keys.requireKey(kind, concat([badX, badY])), "AgentKeyPointInvalid", badX, badY);
          }
        });

        it("reverts for a point whose coordinates are not reduced", async () => {
          // x = 5 is on the curve, and 5 + p fits into 256 bits; so y + p would be a second name of a point
          const { y } = p256.Point.fromHex(`02${toBeHex(5, 32).slice(2)}`);
          const [x, unreduced] = [toBeHex(5, 32), toBeHex(5n + PRIME, 32)];
          await keys.requireKey(kind, concat([x, toBeHex(y, 32)]));
          await refuses(
            keys.requireKey(kind, concat([unreduced, toBeHex(y, 32)])),
            "AgentKeyPointInvalid",
            unreduced,
            toBeHex(y, 32),
          );
        });
      });
    }
  });

  describe("requireSignature", () => {
    it("reverts for a kind that there is not", async () => {
      for (const kind of [0, 6, 255]) {
        await refuses(check(kind, owner.address, sign(owner)), "AgentKeyKindUnknown", kind);
      }
    });

    describe("SECP256K1", () => {
      it("asks no code: neither a wallet's nor that of a delegation", async () => {
        const hostile = await deployHostile("answers with a megabyte");
        await refuses(check(SECP256K1, hostile, sign(owner)), "AgentKeySignatureInvalid", keccak256(hostile));
        await refuses(
          check(SECP256K1, hostile, "0x"),
          "AgentKeySenderMismatch",
          keccak256(hostile),
          ZeroAddress,
        );
        const account = await delegated("signing key", hostile);
        await check(SECP256K1, account.address, sign(account));
        // the delegate can make the account send, which is not the word of its key
        await refuses(
          check(SECP256K1, account.address, "0x", account.address),
          "AgentKeySenderHasCode",
          keccak256(account.address),
          account.address,
        );
        await refuses(
          check(SECP256K1, account.address, sign(owner)),
          "AgentKeySignatureInvalid",
          keccak256(account.address),
        );
      });

      it("reverts for compact signatures and trailing bytes", async () => {
        const { compactSerialized } = owner.signingKey.sign(DIGEST);
        for (const bad of [compactSerialized, `${sign(owner)}00`, sign(owner, id("another"))]) {
          await refuses(
            check(SECP256K1, owner.address, bad),
            "AgentKeySignatureInvalid",
            keccak256(owner.address),
          );
        }
      });
    });

    describe("CONTRACT", () => {
      it("accepts what the contract accepts", async () => {
        await check(CONTRACT, await deployWallet(), sign(owner));
      });

      it("reverts for what it does not accept", async () => {
        const wallet = await deployWallet();
        for (const bad of [sign(owner, id("another")), `${sign(owner)}00`, "0x00"]) {
          await refuses(check(CONTRACT, wallet, bad), "AgentKeyContractRefused", keccak256(wallet), wallet);
        }
      });

      it("accepts an empty signature from the contract itself, unasked", async () => {
        const hostile = await deployHostile("burns all gas");
        await check(CONTRACT, hostile, "0x", hostile);
      });

      it("asks the contract about any other signature, whoever sends it", async () => {
        const wallet = await deployWallet();
        await check(CONTRACT, wallet, sign(owner), wallet);
        await refuses(
          check(CONTRACT, wallet, sign(owner, id("another")), wallet),
          "AgentKeyContractRefused",
          keccak256(wallet),
          wallet,
        );
      });

      it("asks the contract about an empty signature from anybody else", async () => {
        const [holder] = await world.ethers.getSigners();
        if (holder === undefined) throw new Error("the simulated network has no accounts");
        const deployed = await world.ethers.deployContract("WalletMock", [holder.address]);
        const wallet = await deployed.getAddress();
        const refused = [keccak256(wallet), wallet] as const;
        await refuses(check(CONTRACT, wallet, "0x", holder.address), "AgentKeyContractRefused", ...refused);
        await deployed.getFunction("approve")(DIGEST);
        await check(CONTRACT, wallet, "0x", holder.address);
        await refuses(
          keys.requireSignature(CONTRACT, wallet, id("another"), "0x", holder.address),
          "AgentKeyContractRefused",
          ...refused,
        );
      });

      for (const trick of TRICKS.filter((name) => name !== "answers with a megabyte")) {
        it(`reverts for a contract that ${trick}`, async () => {
          const hostile = await deployHostile(trick);
          await refuses(
            keys.requireSignature(CONTRACT, hostile, DIGEST, sign(owner), ZeroAddress, {
              gasLimit: 3_000_000,
            }),
            "AgentKeyContractRefused",
            keccak256(hostile),
            hostile,
          );
        });
      }

      it("copies no more of an answer than a word", async () => {
        const hostile = await deployHostile("answers with a megabyte");
        const wallet = await deployWallet();
        const price = (account: string) =>
          keys.requireSignature.estimateGas(CONTRACT, account, DIGEST, sign(owner), ZeroAddress);
        // the hostile contract pays for its memory once: 2^15 words cost 3 * 2^15 + 2^30 / 512 = 2.2 million gas
        const megabyte = 3n * 2n ** 15n + 2n ** 30n / 512n;
        expect((await price(hostile)) - (await price(wallet))).to.be.lessThan(megabyte + megabyte / 4n);
        await check(CONTRACT, hostile, sign(owner));
      });

      it("reverts once the code is gone", async () => {
        const wallet = await deployWallet();
        await check(CONTRACT, wallet, sign(owner));
        await world.networkHelpers.setCode(wallet, "0x");
        await refuses(
          check(CONTRACT, wallet, sign(owner)),
          "AgentKeyContractRefused",
          keccak256(wallet),
          wallet,
        );
      });
    });

    describe("P256", () => {
      const alice = pointKey("alice");
      const keyId = keccak256(alice.key);

      it("accepts r and s of the digest itself", async () => {
        await check(P256, alice.key, signPoint(alice, DIGEST));
      });

      it("reverts for trailing, missing and no bytes, and for DER", async () => {
        const good = hexlify(signPoint(alice, DIGEST));
        const der = p256.Signature.fromBytes(getBytes(good)).toBytes("der");
        for (const bad of [
          `${good}00`,
          `${good}${"00".repeat(64)}`,
          dataSlice(good, 0, 63),
          "0x",
          hexlify(der),
        ]) {
          await refuses(check(P256, alice.key, bad), "AgentKeySignatureLengthWrong", keyId, dataLength(bad));
        }
      });

      it("reverts for the higher s, and for r and s out of range", async () => {
        const { r, s } = p256.Signature.fromBytes(signPoint(alice, DIGEST));
        for (const [badR, badS] of [
          [r, ORDER - s],
          [0n, s],
          [r, 0n],
          [0n, 0n],
          [ORDER, s],
          [r + 1n, s],
        ] as const) {
          const bad = concat([toBeHex(badR, 32), toBeHex(badS, 32)]);
          await refuses(check(P256, alice.key, bad), "AgentKeySignatureInvalid", keyId);
        }
      });

      it("reverts for another key's signature, another digest's, and one of the digest's hash", async () => {
        const hashed = p256.sign(getBytes(DIGEST), alice.secretKey, { prehash: true, lowS: true });
        for (const bad of [signPoint(pointKey("bob"), DIGEST), signPoint(alice, id("another")), hashed]) {
          await refuses(check(P256, alice.key, bad), "AgentKeySignatureInvalid", keyId);
        }
      });

      it("reverts for a passkey's assertion by the same key", async () => {
        const encoded = encodeAssertion(assertion(alice, DIGEST));
        await refuses(
          check(P256, alice.key, encoded),
          "AgentKeySignatureLengthWrong",
          keyId,
          dataLength(encoded),
        );
      });

      it("gives the same answers on a chain without the precompile", async () => {
        const old = (await deploy("prague")).keys;
        await old.requireSignature(P256, alice.key, DIGEST, signPoint(alice, DIGEST), ZeroAddress);
        await expect(
          old.requireSignature(P256, alice.key, DIGEST, signPoint(alice, id("another")), ZeroAddress),
        )
          .to.be.revertedWithCustomError(old, "AgentKeySignatureInvalid")
          .withArgs(keyId);
      });
    });

    for (const [name, kind] of [
      ["WEBAUTHN", WEBAUTHN],
      ["WEBAUTHN_DEVICE_BOUND", DEVICE_BOUND],
    ] as const) {
      describe(name, () => {
        const alice = pointKey("alice");
        const keyId = keccak256(alice.key);
        const good = assertion(alice, DIGEST);

        it("accepts the assertion of a verified user", async () => {
          await check(kind, alice.key, encodeAssertion(good));
        });

        it("accepts members in any order, as old browsers wrote them, and any that come later", async () => {
          const { challenge } = JSON.parse(clientDataOf(DIGEST));
          for (const members of [
            { challenge, origin: "https://wallet.example", type: "webauthn.get" },
            {
              type: "webauthn.get",
              challenge,
              origin: "https://wallet.example",
              crossOrigin: true,
              later: [1],
            },
          ]) {
            const made = assertion(alice, DIGEST, { clientDataJSON: JSON.stringify(members) });
            await check(kind, alice.key, encodeAssertion(made));
          }
        });

        const faults: readonly (readonly [string, AssertionOptions])[] = [
          ["that is a registration", { type: "webauthn.create" }],
          ["that confirms a payment", { type: "payment.get" }],
          ["about another challenge", { clientDataJSON: clientDataOf(id("another")) }],
          ["about a challenge that begins with the digest", { clientDataJSON: clientDataOf(`${DIGEST}00`) }],
          ["about the beginning of the digest", { clientDataJSON: clientDataOf(dataSlice(DIGEST, 0, 31)) }],
          ["without type", { clientDataJSON: clientDataOf(DIGEST).replace('"type":"webauthn.get",', "") }],
          ["without an object", { clientDataJSON: "" }],
          ["without a present user", { flags: FLAGS.UV }],
          ["that is backed up but cannot be", { flags: FLAGS.UP | FLAGS.UV | FLAGS.BS }],
          ["with authenticator data too short by a byte", { authenticatorData: new Uint8Array(36).fill(5) }],
          ["with authenticator data that ends before the flags", { authenticatorData: new Uint8Array(32) }],
          ["without authenticator data", { authenticatorData: new Uint8Array(0) }],
        ];
        for (const [fault, options] of faults) {
          it(`reverts for an assertion ${fault}`, async () => {
            const { challengeIndex, typeIndex, ...made } = assertion(alice, DIGEST, options);
            const encoded = encodeAssertion({
              ...made,
              challengeIndex: challengeIndex < 0n ? 0n : challengeIndex,
              typeIndex: typeIndex < 0n ? 0n : typeIndex,
            });
            await refuses(check(kind, alice.key, encoded), "AgentKeySignatureInvalid", keyId);
          });
        }

        const changes: readonly (readonly [string, Partial<Assertion>])[] = [
          ["with the higher s", { s: ORDER - good.s }],
          ["with r zero", { r: 0n }],
          ["with s zero", { s: 0n }],
          ["with another place of the type", { typeIndex: good.typeIndex + 1n }],
          ["with a place of the type behind the end", { typeIndex: BigInt(good.clientDataJSON.length) }],
          ["with the greatest place of the type", { typeIndex: 2n ** 256n - 1n }],
          ["with another place of the challenge", { challengeIndex: good.challengeIndex - 1n }],
          ["with the greatest place of the challenge", { challengeIndex: 2n ** 256n - 1n }],
          [
            "of another origin than was signed",
            { clientDataJSON: clientDataOf(DIGEST, { origin: "https://x" }) },
          ],
          [
            "with flags that were not signed",
            { authenticatorData: assertion(alice, DIGEST, { flags: 0x1d }).authenticatorData },
          ],
        ];
        for (const [change, parts] of changes) {
          it(`reverts for an assertion ${change}`, async () => {
            const encoded = encodeAssertion({ ...good, ...parts });
            await refuses(check(kind, alice.key, encoded), "AgentKeySignatureInvalid", keyId);
          });
        }

        it("reverts for a type that is read in front of the text", async () => {
          // the lowest byte of this length is a quotation mark, and typeIndex = -1 makes it part of the text
          const rest = 'type":"webauthn.get",';
          const json = `${rest}${clientDataOf(DIGEST)}`.padEnd(0x122, " ");
          expect(json.length & 0xff).to.equal(0x22);
          const made = assertion(alice, DIGEST, { clientDataJSON: json });
          const encoded = encodeAssertion({ ...made, typeIndex: 2n ** 256n - 1n });
          await refuses(check(kind, alice.key, encoded), "AgentKeySignatureInvalid", keyId);
        });

        it("reverts for another key", async () => {
          const bob = pointKey("bob");
          await refuses(
            check(kind, bob.key, encodeAssertion(good)),
            "AgentKeySignatureInvalid",
            keccak256(bob.key),
          );
        });

        describe("encoding", () => {
          const encoded = encodeAssertion(good);
          const word = (i: number) => BigInt(dataSlice(encoded, 32 * i, 32 * i + 32));
          const replaced = (i: number, value: bigint) =>
            concat([dataSlice(encoded, 0, 32 * i), toBeHex(value, 32), dataSlice(encoded, 32 * i + 32)]);
          const authenticatorAt = Number(word(4)) / 32;
          const clientAt = Number(word(5)) / 32;

          const malformed: readonly (readonly [string, string])[] = [
            ["nothing", "0x"],
            ["r and s alone", hexlify(signPoint(alice, DIGEST))],
            ["a head alone", dataSlice(encoded, 0, 192)],
            ["a byte too few", dataSlice(encoded, 0, dataLength(encoded) - 1)],
            ["a trailing byte", `${encoded}00`],
            ["a trailing word", `${encoded}${"00".repeat(32)}`],
            ["a leading offset, as of a struct", concat([toBeHex(32, 32), encoded])],
            // 37 bytes of data leave 27 of padding, whose last byte ends before the client data
            [
              "dirty padding",
              concat([dataSlice(encoded, 0, 32 * clientAt - 1), "0x01", dataSlice(encoded, 32 * clientAt)]),
            ],
            ["an offset beyond the end", replaced(4, BigInt(dataLength(encoded)))],
            ["the greatest offset", replaced(5, 2n ** 256n - 1n)],
            ["an offset that wraps", replaced(4, 2n ** 256n - 32n)],
            ["the greatest length", replaced(clientAt, 2n ** 256n - 1n)],
            ["a length beyond the end", replaced(authenticatorAt, 10_000n)],
            ["one part in both places", replaced(4, word(5))],
            [
              "a gap between head and data",
              concat([
                dataSlice(encoded, 0, 128),
                toBeHex(word(4) + 32n, 32),
                toBeHex(word(5) + 32n, 32),
                toBeHex(0, 32),
                dataSlice(encoded, 192),
              ]),
            ],
            [
              "parts in the other order",
              concat([
                dataSlice(encoded, 0, 128),
                toBeHex(192n + BigInt(dataLength(encoded)) - word(5), 32),
                toBeHex(192, 32),
                dataSlice(encoded, Number(word(5))),
                dataSlice(encoded, 192, Number(word(5))),
              ]),
            ],
          ];
          for (const [what, bad] of malformed) {
            it(`reverts for ${what}`, async () => {
              await refuses(check(kind, alice.key, bad), "AgentKeyAssertionMalformed", keyId);
            });
          }
        });
      });
    }

    describe("WEBAUTHN and WEBAUTHN_DEVICE_BOUND", () => {
      const alice = pointKey("alice");
      const keyId = keccak256(alice.key);
      const made = (flags: number) => encodeAssertion(assertion(alice, DIGEST, { flags }));

      it("differ in that only the latter needs a verified user", async () => {
        await check(WEBAUTHN, alice.key, made(FLAGS.UP));
        await refuses(check(DEVICE_BOUND, alice.key, made(FLAGS.UP)), "AgentKeyUserNotVerified", keyId);
      });

      it("differ in that only the former may be synced", async () => {
        for (const backup of [FLAGS.BE, FLAGS.BE | FLAGS.BS]) {
          const synced = made(FLAGS.UP | FLAGS.UV | backup);
          await check(WEBAUTHN, alice.key, synced);
          await refuses(check(DEVICE_BOUND, alice.key, synced), "AgentKeyBackupEligible", keyId);
        }
      });

      it("accept passkeys on a chain without the precompile", async () => {
        const old = (await deploy("prague")).keys;
        const encoded = encodeAssertion(assertion(alice, DIGEST));
        await old.requireSignature(DEVICE_BOUND, alice.key, DIGEST, encoded, ZeroAddress);
      });
    });

    describe("the test vectors of WebAuthn Level 3", () => {
      for (const { name, input: vector } of vectors.assertions) {
        const input = vector.authentication;
        const publicKey = publicKeyOf(vector.registration.authenticatorData);
        const flags = Number(dataSlice(input.authenticatorData, 32, 33));
        const encoded = encodeAssertion(
          assertionOf({
            signature: getBytes(input.signature),
            authenticatorData: getBytes(input.authenticatorData),
            clientDataJSON: toUtf8String(input.clientDataJSON),
          }),
        );
        const keyId = keccak256(publicKey);
        const ask = (kind: number, challenge = input.challenge) =>
          keys.requireSignature(kind, publicKey, challenge, encoded, ZeroAddress);

        it(`${name}: is accepted as WEBAUTHN, for its challenge`, async () => {
          await keys.requireKey(WEBAUTHN, publicKey);
          await ask(WEBAUTHN);
          await refuses(ask(WEBAUTHN, DIGEST), "AgentKeySignatureInvalid", keyId);
        });

        it(`${name}: counts as device-bound only if it says so`, async () => {
          if ((flags & FLAGS.UV) === 0) await refuses(ask(DEVICE_BOUND), "AgentKeyUserNotVerified", keyId);
          else if ((flags & FLAGS.BE) !== 0)
            await refuses(ask(DEVICE_BOUND), "AgentKeyBackupEligible", keyId);
          else await ask(DEVICE_BOUND);
        });
      }
    });
  });
});
