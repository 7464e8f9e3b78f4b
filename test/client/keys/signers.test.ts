import { readFileSync } from "node:fs";
import { p256 } from "@noble/curves/nist.js";
import { expect } from "chai";
import { AbiCoder, Wallet } from "ethers";
import { bytesToHex, type Hex, hex, hexToBytes } from "../../../client/core/index.ts";
import {
  type AgentKey,
  type AgentSigner,
  agentKey,
  agentSignerOf,
  contractKey,
  contractSigner,
  ethersSigner,
  KEY_KINDS,
  keyIdOf,
  keyKind,
  p256Key,
  p256PublicKey,
  p256Signer,
  passkeyOf,
  registerPasskey,
  type TypedData,
  typedDataDigest,
  verifySignature,
  webauthnKey,
  webauthnSigner,
} from "../../../client/keys/index.ts";
import { encodeAssertion } from "../../../client/keys/webauthnAssertion.ts";
import { codeOf, codeOfAsync } from "../support.ts";
import {
  type AuthenticatorOptions,
  authenticator,
  clientData,
  hmacSecret,
  NotAllowedError,
  prfSalt,
} from "./authenticator.ts";

type Bytes = string;
type Vectors = {
  readonly assertions: readonly {
    readonly name: string;
    readonly input: {
      readonly credentialId: Bytes;
      readonly privateKey: Bytes;
      readonly registration: { challenge: Bytes; clientDataJSON: Bytes; authenticatorData: Bytes };
      readonly authentication: {
        challenge: Bytes;
        authenticatorData: Bytes;
        clientDataJSON: Bytes;
        signature: Bytes;
      };
    };
  }[];
  readonly prf: {
    readonly input: { credRandom: Bytes; first: Bytes; second: Bytes };
    readonly output: { first: Bytes; second: Bytes };
  };
};
const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/webauthn.json", import.meta.url), "utf8"),
) as Vectors;
const bytes = (value: string) => Uint8Array.from(hexToBytes(hex(value)));

const DATA: TypedData = {
  domain: { name: "Dkms", version: "1", chainId: 31337n, verifyingContract: `0x${"11".repeat(20)}` },
  types: { Note: [{ name: "text", type: "string" }] },
  primaryType: "Note",
  message: { text: "to be signed" },
};
const OTHER: TypedData = { ...DATA, message: { text: "something else" } };
const digest = typedDataDigest(DATA);
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const POINT = p256.getPublicKey(SECRET, false).subarray(1);
const ORDER = p256.Point.Fn.ORDER;
const AUTH = ["bytes32", "bytes32", "uint256", "uint256", "bytes", "bytes"];

const halves = (signature: Hex) => ({ s: BigInt(`0x${signature.slice(66)}`) });
const verdict = (key: AgentKey, signature: Hex, data = DATA) =>
  verifySignature(key, typedDataDigest(data), signature);

describe("keys/agentKey of all kinds", () => {
  const address = `0x${"ab".repeat(20)}`;
  const point = bytesToHex(POINT);

  it("numbers the kinds as the registry does", () => {
    expect(KEY_KINDS).to.deep.equal({
      SECP256K1: 1,
      CONTRACT: 2,
      P256: 3,
      WEBAUTHN: 4,
      WEBAUTHN_DEVICE_BOUND: 5,
    });
    for (const [name, number] of Object.entries(KEY_KINDS)) expect(keyKind(number)).to.equal(name);
    for (const number of [0, 6, -1, 1.5, 255])
      expect(codeOf(() => keyKind(number))).to.equal("AGENT_KEY_KIND_UNKNOWN");
  });

  it("makes keys of each kind, and the same from the registry's numbers", () => {
    const keys = [
      contractKey(address),
      p256Key(point),
      webauthnKey({ publicKey: point, deviceBound: false }),
      webauthnKey({ publicKey: point, deviceBound: true }),
    ];
    expect(keys.map(({ kind }) => kind)).to.deep.equal([
      "CONTRACT",
      "P256",
      "WEBAUTHN",
      "WEBAUTHN_DEVICE_BOUND",
    ]);
    for (const key of keys) expect(agentKey(KEY_KINDS[key.kind], key.material)).to.deep.equal(key);
  });

  it("gives one key one id, whatever kind it is said to be", () => {
    expect(keyIdOf(agentKey(1, address))).to.equal(keyIdOf(agentKey(2, address)));
    expect(new Set([3, 4, 5].map((kind) => keyIdOf(agentKey(kind, point)))).size).to.equal(1);
  });

  for (const kind of [3, 4, 5]) {
    it(`refuses what is no point for kind ${kind}`, () => {
      const off = POINT.slice();
      off[63] = (off[63] ?? 0) ^ 1;
      const beyond = bytesToHex(Uint8Array.from({ length: 64 }, () => 0xff));
      for (const bad of [bytesToHex(off), `0x${"00".repeat(64)}`, beyond]) {
        expect(codeOf(() => agentKey(kind, bad))).to.equal("AGENT_KEY_NOT_ON_CURVE");
      }
      expect(codeOf(() => agentKey(kind, `${point}00`))).to.equal("AGENT_KEY_MALFORMED");
      expect(codeOf(() => agentKey(kind, address))).to.equal("AGENT_KEY_MALFORMED");
    });
  }

  it("refuses a point as a contract, and the zero address", () => {
    expect(codeOf(() => agentKey(2, point))).to.equal("AGENT_KEY_MALFORMED");
    expect(codeOf(() => contractKey(`0x${"00".repeat(20)}`))).to.equal("AGENT_KEY_MALFORMED");
  });

  it("reads a public key in every form that devices give it in", () => {
    const spki = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
    const uncompressed = p256.getPublicKey(SECRET, false);
    const forms = [POINT, uncompressed, p256.getPublicKey(SECRET, true), Buffer.concat([spki, uncompressed])];
    for (const form of forms) expect(p256PublicKey(form)).to.equal(point);
    const secp256k1 = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");
    for (const bad of [
      new Uint8Array(64),
      new Uint8Array(),
      POINT.slice(1),
      Buffer.concat([secp256k1, uncompressed]),
    ]) {
      expect(codeOf(() => p256PublicKey(bad))).to.equal("PUBLIC_KEY_MALFORMED");
    }
  });
});

describe("keys/signer", () => {
  const wallet = new Wallet(`0x${"42".repeat(32)}`);

  it("takes any signer of ethers", async () => {
    const signer = await ethersSigner(wallet);
    expect(signer.key).to.deep.equal({ kind: "SECP256K1", material: wallet.address.toLowerCase() });
    const signature = await signer.sign(DATA);
    expect(verdict(signer.key, signature)).to.equal("SIGNED");
    expect(verdict(signer.key, signature, OTHER)).to.equal("NOT_SIGNED");
    expect(await (await agentSignerOf(wallet)).sign(DATA)).to.equal(signature);
    expect(await agentSignerOf(signer)).to.equal(signer);
  });

  it("refuses ECDSA signatures with a high s, and of another length", async () => {
    const { key, sign } = await ethersSigner(wallet);
    const signature = await sign(DATA);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = order - BigInt(`0x${signature.slice(66, 130)}`);
    const flipped = signature.endsWith("1b") ? "1c" : "1b";
    const high = hex(`${signature.slice(0, 66)}${s.toString(16).padStart(64, "0")}${flipped}`);
    for (const bad of [high, hex(`${signature}00`), hex(signature.slice(0, -2)), hex("0x")]) {
      expect(codeOf(() => verdict(key, bad))).to.equal("KEY_SIGNATURE_MALFORMED");
    }
  });

  it("asks a contract's owner with digest and struct, and leaves the verdict to the chain", async () => {
    const address = `0x${"cd".repeat(20)}`;
    const signer = contractSigner(
      address,
      async (request) => `0x${request.digest.slice(2)}${"ee".repeat(70)}`,
    );
    expect(signer.key).to.deep.equal(contractKey(address));
    const signature = await signer.sign(DATA);
    expect(signature).to.equal(`${digest}${"ee".repeat(70)}`);
    expect(verdict(signer.key, signature)).to.equal("ONLY_ON_CHAIN");
    const mumbles = contractSigner(address, async () => "yes");
    expect(await codeOfAsync(() => mumbles.sign(DATA))).to.equal("HEX_MALFORMED");
  });
});

describe("keys/p256Signer", () => {
  const over = (hash: Uint8Array, format: "compact" | "der") =>
    p256.sign(hash, SECRET, { prehash: false, lowS: false, format });
  const element = (format: "compact" | "der") =>
    p256Signer({ publicKey: POINT, signDigest: async (hash) => over(hash, format) });
  const notes = Array.from(
    { length: 12 },
    (_, i): TypedData => ({ ...DATA, message: { text: `note ${i}` } }),
  );

  it("brings r ‖ s and DER, with high and low s, to the one form that the registry takes", async () => {
    let high = 0;
    for (const note of notes) {
      const [raw, der] = [await element("compact").sign(note), await element("der").sign(note)];
      expect(raw)
        .to.have.length(2 + 128)
        .and.to.equal(der);
      expect(halves(raw).s <= ORDER >> 1n).to.equal(true);
      expect(verdict(element("der").key, raw, note)).to.equal("SIGNED");
      if (p256.Signature.fromBytes(over(hexToBytes(typedDataDigest(note)), "compact"), "compact").hasHighS())
        high += 1;
    }
    // Both cases occurred.
    expect(high).to.be.within(1, notes.length - 1);
  });

  it("does not verify with a high s, trailing bytes or another digest", async () => {
    const { key, sign } = element("compact");
    const signature = await sign(DATA);
    const high = (ORDER - halves(signature).s).toString(16).padStart(64, "0");
    expect(verdict(key, hex(signature.slice(0, 66) + high))).to.equal("NOT_SIGNED");
    expect(verdict(key, signature, OTHER)).to.equal("NOT_SIGNED");
    expect(codeOf(() => verdict(key, hex(`${signature}00`)))).to.equal("KEY_SIGNATURE_MALFORMED");
  });

  it("finds out an element that hashes, holds another key, or returns rubbish", async () => {
    const hashes = async (hash: Uint8Array) => p256.sign(hash, SECRET, { lowS: false });
    const other = async (hash: Uint8Array) =>
      p256.sign(
        hash,
        SECRET.map((byte) => byte ^ 1),
        { prehash: false },
      );
    const tampers = async (hash: Uint8Array) => over(hash.fill(7), "der");
    for (const signDigest of [
      hashes,
      other,
      tampers,
      async () => new Uint8Array(64),
      async () => new Uint8Array(),
    ]) {
      const signer = p256Signer({ publicKey: POINT, signDigest });
      expect(await codeOfAsync(() => signer.sign(DATA))).to.equal("KEY_SIGNATURE_INVALID");
    }
    expect(codeOf(() => p256Signer({ publicKey: new Uint8Array(64), signDigest: other }))).to.equal(
      "PUBLIC_KEY_MALFORMED",
    );
  });
});

describe("keys/webauthn", () => {
  const rp = { name: "Wallet" };
  const register = async (options: AuthenticatorOptions = {}) => {
    const device = authenticator(options);
    const passkey = await registerPasskey({ create: device.create, rp, userName: "agent" });
    return { device, passkey, signer: webauthnSigner({ ...passkey, get: device.get }) };
  };

  describe("vectors of Web Authentication Level 3", () => {
    for (const { name, input } of vectors.assertions) {
      const { registration, authentication } = input;
      const data = bytes(registration.authenticatorData);
      const point = p256.getPublicKey(bytes(input.privateKey), false);
      const created = {
        rawId: bytes(input.credentialId),
        response: {
          clientDataJSON: bytes(registration.clientDataJSON).buffer,
          getAuthenticatorData: () => data,
          getPublicKey: () => point,
          getPublicKeyAlgorithm: () => -7,
        },
        getClientExtensionResults: () => ({}),
      };

      it(`registers and verifies: ${name}`, () => {
        const passkey = passkeyOf(created, bytes(registration.challenge));
        const flags = data[32] ?? 0;
        expect(passkey.synced).to.equal((flags & 8) === 8);
        expect(passkey.userVerified).to.equal((flags & 4) === 4);
        expect(passkey.key.kind === "WEBAUTHN_DEVICE_BOUND").to.equal((flags & 12) === 4);
        // The COSE key ends the authenticator data: x, three bytes, y.
        const cose = bytesToHex(data.subarray(-67, -35)) + bytesToHex(data.subarray(-32)).slice(2);
        expect(passkey.key.material).to.equal(cose);
        const assertion = {
          authenticatorData: bytes(authentication.authenticatorData),
          clientDataJSON: bytes(authentication.clientDataJSON),
          signature: bytes(authentication.signature),
        };
        const challenge = bytes(authentication.challenge);
        const signature = encodeAssertion(
          webauthnKey({ publicKey: cose, deviceBound: false }),
          challenge,
          assertion,
        );
        const [r, s, challengeIndex, typeIndex] = AbiCoder.defaultAbiCoder().decode(AUTH, signature);
        expect([challengeIndex, typeIndex]).to.deep.equal([23n, 1n]);
        expect(BigInt(s) <= ORDER >> 1n).to.equal(true);
        expect(p256.Signature.fromBytes(assertion.signature, "der").r).to.equal(BigInt(r));
        const key = webauthnKey({ publicKey: cose, deviceBound: false });
        expect(verifySignature(key, bytesToHex(challenge) as typeof digest, signature)).to.equal("SIGNED");
      });
    }

    it("cover device-bound and synced passkeys", () => {
      const flags = vectors.assertions.map(
        ({ input }) => (bytes(input.authentication.authenticatorData)[32] ?? 0) & 12,
      );
      expect(flags).to.include.members([4, 8, 0]);
    });

    it("of the PRF extension are what the emulated authenticator computes", () => {
      const { input, output } = vectors.prf;
      for (const name of ["first", "second"] as const) {
        const result = hmacSecret(bytes(input.credRandom), prfSalt(bytes(input[name])));
        expect(bytesToHex(result)).to.equal(output[name]);
      }
    });

    it("have the clientDataJSON that the emulated browser writes", () => {
      for (const { name, input } of vectors.assertions) {
        const { challenge, clientDataJSON } = input.authentication;
        const written = JSON.parse(Buffer.from(bytes(clientDataJSON)).toString()) as Record<string, unknown>;
        const { type: _, challenge: __, origin: ___, crossOrigin, ...extraClientData } = written;
        const options = { crossOrigin: crossOrigin === true, extraClientData };
        const ours = clientData("webauthn.get", bytes(challenge), options, "https://example.org");
        expect(bytesToHex(ours), name).to.equal(clientDataJSON);
      }
    });
  });

  it("tells device-bound passkeys from synced and unverified ones", async () => {
    const kinds = [
      [{ deviceBound: true }, "WEBAUTHN_DEVICE_BOUND", false],
      [{ deviceBound: false }, "WEBAUTHN", true],
    ] as const;
    for (const [options, kind, synced] of kinds) {
      const { passkey } = await register(options);
      expect(passkey).to.deep.include({ synced, userVerified: true, prf: true });
      expect(passkey.key.kind).to.equal(kind);
    }
    const blind = authenticator({ deviceBound: true, verifiesUser: false });
    expect(
      await codeOfAsync(() => registerPasskey({ create: blind.create, rp, userName: "agent" })),
    ).to.equal("WEBAUTHN_REFUSED");
  });

  it("signs with passkeys of both kinds, DER and high s normalised", async () => {
    for (const deviceBound of [true, false]) {
      const { signer } = await register({ deviceBound });
      for (let i = 0; i < 6; i++) {
        const note: TypedData = { ...DATA, message: { text: `note ${i}` } };
        const signature = await signer.sign(note);
        expect(verdict(signer.key, signature, note)).to.equal("SIGNED");
        expect(verdict(signer.key, signature, OTHER)).to.equal("NOT_SIGNED");
      }
    }
  });

  it("finds the challenge by bytes, not characters, whatever the browser adds", async () => {
    const { signer } = await register({
      extraClientData: { hint: "naïve ✓", other: { type: "webauthn.get" } },
    });
    expect(verdict(signer.key, await signer.sign(DATA))).to.equal("SIGNED");
  });

  it("takes a synced passkey's signature for no device-bound key, on either side", async () => {
    const { device, passkey } = await register({ deviceBound: false });
    const key = webauthnKey({ publicKey: passkey.key.material, deviceBound: true });
    const claims = webauthnSigner({ ...passkey, key, get: device.get });
    expect(await codeOfAsync(() => claims.sign(DATA))).to.equal("WEBAUTHN_NOT_DEVICE_BOUND");
    const honest = await webauthnSigner({ ...passkey, get: device.get }).sign(DATA);
    expect(verdict(key, honest)).to.equal("NOT_SIGNED");
  });

  describe("refuses from authenticator and browser", () => {
    type Change = (
      answer: Awaited<ReturnType<ReturnType<typeof authenticator>["get"]>>["response"],
    ) => object;
    const signWith = async (change: Change, options: AuthenticatorOptions = {}) => {
      const { device, passkey } = await register(options);
      const get: typeof device.get = async (request) => {
        const answer = await device.get(request);
        return { ...answer, response: { ...answer.response, ...change(answer.response) } };
      };
      return codeOfAsync(() => webauthnSigner({ ...passkey, get }).sign(DATA));
    };
    const flagged =
      (xor: number): Change =>
      ({ authenticatorData }) => {
        const data = new Uint8Array(authenticatorData.slice(0));
        data[32] = (data[32] ?? 0) ^ xor;
        return { authenticatorData: data.buffer };
      };
    const json = (text: string) => Buffer.from(text);

    const cases: readonly (readonly [string, Change, string, AuthenticatorOptions?])[] = [
      ["nothing changed", () => ({}), "undefined"],
      [
        "another challenge",
        () => ({ clientDataJSON: clientData("webauthn.get", SECRET, {}, "https://x") }),
        "WEBAUTHN_CHALLENGE_MISMATCH",
      ],
      [
        "a registration",
        () => ({ clientDataJSON: clientData("webauthn.create", bytes(digest), {}, "https://x") }),
        "WEBAUTHN_RESPONSE_MALFORMED",
      ],
      ["no JSON", () => ({ clientDataJSON: json("{") }), "WEBAUTHN_RESPONSE_MALFORMED"],
      ["JSON that is no object", () => ({ clientDataJSON: json("null") }), "WEBAUTHN_RESPONSE_MALFORMED"],
      [
        "spaces, which the registry would not find",
        ({ clientDataJSON }) => ({
          clientDataJSON: json(Buffer.from(clientDataJSON).toString().replace(":", ": ")),
        }),
        "WEBAUTHN_RESPONSE_MALFORMED",
      ],
      [
        "invalid UTF-8",
        () => ({ clientDataJSON: Uint8Array.of(0x7b, 0xff, 0x7d) }),
        "WEBAUTHN_RESPONSE_MALFORMED",
      ],
      [
        "short authenticator data",
        () => ({ authenticatorData: new Uint8Array(36) }),
        "WEBAUTHN_RESPONSE_MALFORMED",
      ],
      ["backed up but not eligible", flagged(0x10), "WEBAUTHN_RESPONSE_MALFORMED"],
      ["no user", flagged(0x01), "WEBAUTHN_USER_ABSENT"],
      ["no user, signed so", () => ({}), "WEBAUTHN_USER_ABSENT", { asksUser: false }],
      ["no verification", flagged(0x04), "WEBAUTHN_NOT_DEVICE_BOUND"],
      ["eligible for backup", flagged(0x08), "WEBAUTHN_NOT_DEVICE_BOUND"],
      ["altered data", flagged(0x80), "KEY_SIGNATURE_INVALID"],
      [
        "another origin than signed",
        ({ clientDataJSON }) => ({
          clientDataJSON: json(Buffer.from(clientDataJSON).toString().replace("wallet.", "w4llet.")),
        }),
        "KEY_SIGNATURE_INVALID",
      ],
      ["a signature that is none", () => ({ signature: new Uint8Array(70) }), "KEY_SIGNATURE_INVALID"],
      ["a missing signature", () => ({ signature: undefined }), "WEBAUTHN_RESPONSE_MALFORMED"],
      ["a string for bytes", () => ({ signature: "00" }), "WEBAUTHN_RESPONSE_MALFORMED"],
    ];
    for (const [name, change, code, options] of cases) {
      it(name, async () => expect(String(await signWith(change, options))).to.equal(code));
    }

    it("another passkey than asked for, and nothing at all", async () => {
      const { passkey, device } = await register();
      const other = async (request: Parameters<typeof device.get>[0]) => ({
        ...(await device.get(request)),
        rawId: new ArrayBuffer(32),
      });
      for (const get of [other, async () => null, async () => "assertion"]) {
        const signer = webauthnSigner({ ...passkey, get });
        expect(await codeOfAsync(() => signer.sign(DATA))).to.equal("WEBAUTHN_RESPONSE_MALFORMED");
      }
    });

    it("the user's no, and says no more than its name", async () => {
      const { passkey } = await register();
      const signer = webauthnSigner({
        ...passkey,
        get: async () => {
          throw new NotAllowedError("the user's secret reason");
        },
      });
      const error: unknown = await signer.sign(DATA).catch((caught: unknown) => caught);
      expect(error).to.deep.include({ code: "WEBAUTHN_REFUSED", details: { reason: "NotAllowedError" } });
    });
  });

  it("asks device-bound passkeys to verify their user, and for the passkey's domain if told", async () => {
    const { passkey, device } = await register({ origin: "https://app.wallet.example" });
    const asked: Parameters<typeof device.get>[0]["publicKey"][] = [];
    const get: typeof device.get = async (request) => {
      asked.push(request.publicKey);
      return device.get(request);
    };
    await webauthnSigner({ ...passkey, get }).sign(DATA);
    const { key } = { key: webauthnKey({ publicKey: passkey.key.material, deviceBound: false }) };
    await webauthnSigner({ ...passkey, key, get }).sign(DATA);
    const elsewhere = webauthnSigner({ ...passkey, rpId: "wallet.example", get });
    expect(await codeOfAsync(() => elsewhere.sign(DATA))).to.equal("WEBAUTHN_REFUSED");
    expect(asked.map(({ userVerification, rpId }) => [userVerification, rpId])).to.deep.equal([
      ["required", undefined],
      ["preferred", undefined],
      ["required", "wallet.example"],
    ]);
    expect(asked[0]?.allowCredentials).to.deep.equal([
      { type: "public-key", id: passkey.credential, transports: ["nfc", "usb"] },
    ]);
  });

  it("signs for keys of its own kinds only", async () => {
    const { passkey, device } = await register();
    const key = p256Key(passkey.key.material);
    expect(codeOf(() => webauthnSigner({ ...passkey, key, get: device.get }))).to.equal(
      "AGENT_KEY_KIND_MISMATCH",
    );
  });

  it("is verified exactly as encoded: no trailing byte, no second encoding, no high s, no moved index", async () => {
    const { signer } = await register();
    const signature = await signer.sign(DATA);
    const coder = AbiCoder.defaultAbiCoder();
    const [r, s, challengeIndex, typeIndex, data, client] = coder.decode(AUTH, signature);
    const encode = (...fields: unknown[]) => hex(coder.encode(AUTH, fields));
    expect(encode(r, s, challengeIndex, typeIndex, data, client)).to.equal(signature);
    for (const bad of [
      `${signature}00`,
      `${signature}${"00".repeat(32)}`,
      signature.slice(0, -64),
      "0x",
      digest,
    ]) {
      expect(codeOf(() => verdict(signer.key, hex(bad)))).to.equal("KEY_SIGNATURE_MALFORMED");
    }
    const wrapped = coder.encode(
      [`tuple(${AUTH.join(",")})`],
      [[r, s, challengeIndex, typeIndex, data, client]],
    );
    expect(codeOf(() => verdict(signer.key, hex(wrapped)))).to.equal("KEY_SIGNATURE_MALFORMED");
    const high = `0x${(ORDER - BigInt(s)).toString(16).padStart(64, "0")}`;
    const flags = bytes(data);
    flags[32] = (flags[32] ?? 0) ^ 0x11;
    const refused = [
      encode(r, high, challengeIndex, typeIndex, data, client),
      encode(r, s, challengeIndex + 1n, typeIndex, data, client),
      encode(r, s, challengeIndex, typeIndex + 1n, data, client),
      encode(r, s, challengeIndex, typeIndex, "0x00", client),
      encode(r, s, challengeIndex, typeIndex, flags, client),
    ];
    for (const bad of refused) expect(verdict(signer.key, bad)).to.equal("NOT_SIGNED");
    const far = encode(r, s, 2n ** 255n, typeIndex, data, client);
    expect(codeOf(() => verdict(signer.key, far))).to.equal("KEY_SIGNATURE_MALFORMED");
  });

  describe("registration", () => {
    it("asks for ES256, a random user handle, no attestation, and excludes what is there", async () => {
      const device = authenticator();
      const first = await registerPasskey({ create: device.create, rp, userName: "agent" });
      const asked: Parameters<typeof device.create>[0]["publicKey"][] = [];
      const create: typeof device.create = async (request) => {
        asked.push(request.publicKey);
        return device.create(request);
      };
      const again = registerPasskey({ create, rp, userName: "agent", exclude: [first.credential] });
      expect(await codeOfAsync(() => again)).to.equal("WEBAUTHN_REFUSED");
      await registerPasskey({ create, rp, userName: "agent" });
      expect(asked[1]).to.deep.include({
        rp,
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        attestation: "none",
      });
      expect(asked[0]?.user.id).to.have.length(32).and.not.to.deep.equal(asked[1]?.user.id);
      expect(asked[0]?.challenge).not.to.deep.equal(asked[1]?.challenge);
    });

    it("refuses what no authenticator says", async () => {
      const device = authenticator();
      type Created = Awaited<ReturnType<typeof device.create>>;
      const registered = (change: (made: Created) => unknown) =>
        codeOfAsync(() =>
          registerPasskey({
            create: async (request) => change(await device.create(request)),
            rp,
            userName: "agent",
          }),
        );
      const response = (more: (made: Created) => object) => (made: Created) => ({
        ...made,
        response: { ...made.response, ...more(made) },
      });
      expect(await registered((made) => made)).to.equal(undefined);
      expect(await registered(() => null)).to.equal("WEBAUTHN_RESPONSE_MALFORMED");
      expect(await registered((made) => ({ ...made, rawId: new ArrayBuffer(3) }))).to.equal(
        "WEBAUTHN_RESPONSE_MALFORMED",
      );
      const cases: readonly (readonly [(made: Created) => object, string])[] = [
        [() => ({ getPublicKeyAlgorithm: () => -257 }), "WEBAUTHN_ALGORITHM"],
        [() => ({ getPublicKey: () => null }), "WEBAUTHN_RESPONSE_MALFORMED"],
        [() => ({ getPublicKey: undefined }), "WEBAUTHN_RESPONSE_MALFORMED"],
        [() => ({ getPublicKey: () => new Uint8Array(91) }), "PUBLIC_KEY_MALFORMED"],
        [() => ({ getTransports: () => "usb" }), "WEBAUTHN_RESPONSE_MALFORMED"],
        [
          (made) => ({ getAuthenticatorData: () => made.response.getAuthenticatorData().slice(0, 37) }),
          "WEBAUTHN_RESPONSE_MALFORMED",
        ],
        [
          () => ({ clientDataJSON: clientData("webauthn.get", SECRET, {}, "https://x").slice() }),
          "WEBAUTHN_RESPONSE_MALFORMED",
        ],
        [
          () => ({ clientDataJSON: clientData("webauthn.create", SECRET, {}, "https://x").slice() }),
          "WEBAUTHN_CHALLENGE_MISMATCH",
        ],
      ];
      for (const [more, code] of cases) expect(await registered(response(more)), code).to.equal(code);
    });

    it("needs no getTransports, which older browsers lack", async () => {
      const device = authenticator({ prf: false });
      const passkey = await registerPasskey({
        create: async (request) => {
          const made = await device.create(request);
          return { ...made, response: { ...made.response, getTransports: undefined } };
        },
        rp,
        userName: "agent",
      });
      expect([passkey.transports, passkey.prf]).to.deep.equal([[], false]);
    });
  });

  it("asks the browser's own objects by method, so that class instances work as well as records", async () => {
    const device = authenticator();
    const signer: AgentSigner = webauthnSigner({
      ...(await registerPasskey({ create: device.create, rp, userName: "agent" })),
      get: async (request) => {
        const answer = await device.get(request);
        return Object.create({ rawId: answer.rawId, response: Object.create(answer.response) }) as unknown;
      },
    });
    expect(verdict(signer.key, await signer.sign(DATA))).to.equal("SIGNED");
  });
});
