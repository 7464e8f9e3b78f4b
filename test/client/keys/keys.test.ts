import { format, inspect } from "node:util";
import { expect } from "chai";
import { bytesToHex, SCALAR_MODULUS } from "../../../client/core/index.ts";
import {
  agentKey,
  agentSecretsFrom,
  derivePolicySecrets,
  generateAgentSecrets,
  generateLinkSecret,
  generatePolicyLabel,
  keyIdOf,
  linkSecretFrom,
  policyLabel,
  policySecretsFrom,
  randomFieldElement,
  Secret,
  secp256k1Key,
} from "../../../client/keys/index.ts";
import { reduceWide } from "../../../client/keys/policySecrets.ts";
import { codeOf } from "../support.ts";

const PLANTED = 0x5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffeen;

/** Every way in which a value gets printed without anybody meaning to. */
function printed(value: unknown): string {
  return [
    String(value),
    `${value}`,
    JSON.stringify({ value }),
    inspect(value, { depth: 9, showHidden: true }),
    format("%s %o %O %j", value, value, value, value),
    JSON.stringify({ ...(value as object) }),
    inspect(structuredClone(value), { depth: 9, showHidden: true }),
    Object.getOwnPropertyNames(value).join(),
  ].join("\n");
}

describe("keys/secret", () => {
  it("shows nothing however it is printed, and gives the value only when asked", () => {
    const secret = new Secret(PLANTED);
    expect(printed(secret)).to.contain("[secret]");
    expect(printed(secret)).not.to.contain(PLANTED.toString()).and.not.to.contain(PLANTED.toString(16));
    expect(secret.reveal()).to.equal(PLANTED);
  });

  it("hides bytes as well", () => {
    const bytes = Uint8Array.of(201, 202, 203, 204);
    const shown = printed(new Secret(bytes));
    expect(shown).not.to.match(/201|c9cacbcc/i);
  });

  it("zeroes bytes when erased and refuses to reveal after that", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const secret = new Secret(bytes);
    secret.erase();
    expect(bytes).to.deep.equal(new Uint8Array(3));
    expect(codeOf(() => secret.reveal())).to.equal("SECRET_ERASED");
  });
});

describe("keys/policySecrets", () => {
  const linkSecret = () => linkSecretFrom(Uint8Array.from({ length: 32 }, (_, i) => i));
  const label = policyLabel(bytesToHex(Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i)));

  it("derives the golden vector (computed with OpenSSL's HKDF)", () => {
    const { secret, salt } = derivePolicySecrets(linkSecret(), label);
    expect(secret.reveal()).to.equal(0x504423dc0515ea51513bbf055cd4ea6083ea9bfa7f9bd3aaa30e7167c7a2742n);
    expect(salt.reveal()).to.equal(0x1bcdcac5300c1d4d41ed61bfaee66320f3955d5bc84049dde1d8a1b3c1dd2910n);
  });

  it("gives every label other secrets", () => {
    const other = derivePolicySecrets(linkSecret(), generatePolicyLabel());
    expect(other.secret.reveal()).not.to.equal(derivePolicySecrets(linkSecret(), label).secret.reveal());
  });

  it("leaves the link secret usable and refuses an erased one", () => {
    const link = generateLinkSecret();
    derivePolicySecrets(link, label);
    expect(link.reveal()).to.have.length(32);
    link.erase();
    expect(codeOf(() => derivePolicySecrets(link, label))).to.equal("SECRET_ERASED");
  });

  for (const length of [0, 31, 33]) {
    it(`refuses a link secret of ${length} bytes`, () => {
      expect(codeOf(() => linkSecretFrom(new Uint8Array(length)))).to.equal("LINK_SECRET_LENGTH");
      expect(codeOf(() => derivePolicySecrets(new Secret(new Uint8Array(length)), label))).to.equal(
        "LINK_SECRET_LENGTH",
      );
    });
  }

  it("refuses a label of another length", () => {
    expect(codeOf(() => policyLabel("0x00"))).to.equal("BYTES_LENGTH");
  });

  it("reduces 48 bytes mod r and refuses zero", () => {
    const wide = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(96, "0"), "hex"));
    expect(reduceWide(wide(SCALAR_MODULUS * 3n + 5n))).to.equal(5n);
    expect(codeOf(() => reduceWide(wide(0n)))).to.equal("POLICY_SECRET_ZERO");
    expect(codeOf(() => reduceWide(wide(SCALAR_MODULUS * 7n)))).to.equal("POLICY_SECRET_ZERO");
  });

  it("takes secrets handed over by another agent, refusing zero and non-canonical ones without repeating them", () => {
    const secrets = policySecretsFrom({ secret: 5n, salt: 6n });
    expect([secrets.secret.reveal(), secrets.salt.reveal()]).to.deep.equal([5n, 6n]);
    expect(codeOf(() => policySecretsFrom({ secret: 0n, salt: 6n }))).to.equal("POLICY_SECRET_ZERO");
    expect(codeOf(() => policySecretsFrom({ secret: 5n, salt: 0n }))).to.equal("POLICY_SECRET_ZERO");
    try {
      policySecretsFrom({ secret: SCALAR_MODULUS + PLANTED, salt: 1n });
      expect.fail("must throw");
    } catch (error) {
      expect(inspect(error, { depth: 9 })).not.to.contain((SCALAR_MODULUS + PLANTED).toString());
    }
  });
});

describe("keys/agentSecrets", () => {
  it("makes fresh, canonical, non-zero secrets", () => {
    const all = Array.from({ length: 16 }, () => generateAgentSecrets()).flatMap(({ secret, blinding }) => [
      secret.reveal(),
      blinding.reveal(),
    ]);
    expect(new Set(all).size).to.equal(32);
    for (const value of all) expect(value > 0n && value < SCALAR_MODULUS).to.equal(true);
  });

  it("draws again above r - 1 and at zero, and never reduces", () => {
    const hexOf = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
    const draws = [hexOf(SCALAR_MODULUS), hexOf((1n << 254n) - 1n), hexOf(0n), hexOf(SCALAR_MODULUS - 1n)];
    let drawn = 0;
    const value = randomFieldElement((bytes) => bytes.set(draws[drawn++] ?? []));
    expect([value, drawn]).to.deep.equal([SCALAR_MODULUS - 1n, 4]);
  });

  it("ignores the two bits above r's 254", () => {
    const value = randomFieldElement((bytes) => bytes.fill(0).fill(0xc0, 0, 1).fill(7, 31));
    expect(value).to.equal(7n);
  });

  it("gives up on a broken source", () => {
    expect(codeOf(() => randomFieldElement((bytes) => bytes.fill(0xff)))).to.equal("RANDOM_SOURCE_BROKEN");
    expect(codeOf(() => generateAgentSecrets((bytes) => bytes.fill(0)))).to.equal("RANDOM_SOURCE_BROKEN");
  });

  it("takes stored secrets back and refuses what cannot be one", () => {
    expect(agentSecretsFrom({ secret: 1n, blinding: 0n }).blinding.reveal()).to.equal(0n);
    expect(codeOf(() => agentSecretsFrom({ secret: 0n, blinding: 1n }))).to.equal("SECRET_ZERO");
    expect(codeOf(() => agentSecretsFrom({ secret: SCALAR_MODULUS, blinding: 1n }))).to.equal(
      "FIELD_NOT_CANONICAL",
    );
  });
});

describe("keys/agentKey", () => {
  const address = "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266";

  it("names a key by keccak256 of its material", () => {
    const key = secp256k1Key(address);
    expect(key).to.deep.equal({ kind: "SECP256K1", material: address.toLowerCase() });
    expect(keyIdOf(key)).to.equal("0xe9707d0e6171f728f7473c24cc0432a9b07eaaf1efed6a137a4a8c12c79552d9");
    expect(agentKey(1, address)).to.deep.equal(key);
  });

  it("refuses unknown kinds, other lengths and the zero address", () => {
    expect(codeOf(() => agentKey(0, address))).to.equal("AGENT_KEY_KIND_UNKNOWN");
    expect(codeOf(() => agentKey(6, address))).to.equal("AGENT_KEY_KIND_UNKNOWN");
    expect(codeOf(() => secp256k1Key(`${address}00`))).to.equal("AGENT_KEY_MALFORMED");
    expect(codeOf(() => secp256k1Key(`0x${"00".repeat(20)}`))).to.equal("AGENT_KEY_MALFORMED");
    expect(codeOf(() => secp256k1Key("vitalik.eth"))).to.equal("HEX_MALFORMED");
  });
});
