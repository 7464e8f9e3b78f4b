import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { buildCircuit } from "./support/circuit.ts";

const LIB = fileURLToPath(new URL("../../circuits/lib/", import.meta.url));

/** The constraints that each template's documentation states, and what that comes to for some instances. */
const COUNTS: Readonly<Record<string, readonly [formula: string, Readonly<Record<string, number>>]>> = {
  Pow5: ["3", { "Pow5()": 3 }],
  Poseidon2ExternalMatrix: ["0", { "Poseidon2ExternalMatrix()": 0 }],
  Poseidon2ExternalRound: ["12", { "Poseidon2ExternalRound(7)": 12 }],
  Poseidon2InternalRound: ["3", { "Poseidon2InternalRound(55)": 3 }],
  Poseidon2: ["264", { "Poseidon2()": 264 }],
  C4: ["264", { "C4()": 264 }],
  N4: ["264", { "N4()": 264 }],
  ToBits: ["n", { "ToBits(1)": 1, "ToBits(40)": 40 }],
  PickBit: ["2^n - 1", { "PickBit(1)": 1, "PickBit(7)": 127 }],
  DepthSelector: ["max + 1", { "DepthSelector(2)": 3, "DepthSelector(12)": 13 }],
  QuadChildren: ["5", { "QuadChildren()": 5 }],
  QuadTreeRoot: ["272 levels - 1", { "QuadTreeRoot(2)": 543, "QuadTreeRoot(3)": 815 }],
  RevocationWord: ["520", { "RevocationWord()": 520 }],
  AgentAuthorization: ["7686", { "AgentAuthorization()": 7686 }],
};

/** The main component as committed, which other suites compile too. */
const COMMITTED = "AgentAuthorization()";

/** The largest number that keeps the prover in its 2^13 domain with margin (protocol §5). */
const BUDGET = 8_180;

type Template = {
  readonly documentation: string;
  readonly name: string;
  readonly parameters: readonly string[];
  readonly body: string;
};

function templatesOf(file: string): readonly Template[] {
  const source = readFileSync(LIB + file, "utf8");
  const pattern = /((?:^\/\/\/[^\n]*\n)*)^template (\w+)\(([^)]*)\) \{\n(.*?)^\}/gms;
  return [...source.matchAll(pattern)].map(
    ([, documentation = "", name = "", parameters = "", body = ""]) => ({
      documentation,
      name,
      parameters: parameters === "" ? [] : parameters.split(", "),
      body,
    }),
  );
}

function tags(documentation: string, tag: string): readonly string[] {
  return [...documentation.matchAll(new RegExp(`^/// @${tag} (\\w+)`, "gm"))].map(([, name = ""]) => name);
}

function declared(body: string, kind: "input" | "output"): readonly string[] {
  return [...body.matchAll(new RegExp(`^ {4}signal ${kind} (\\w+)`, "gm"))].map(([, name = ""]) => name);
}

describe("circuits: templates", () => {
  const templates = readdirSync(LIB).flatMap(templatesOf);

  it("are all in the table of constraints", () => {
    expect(templates.map(({ name }) => name)).to.have.members(Object.keys(COUNTS));
  });

  for (const { name, documentation, parameters, body } of templates) {
    it(`${name} documents itself, its parameters and its signals`, () => {
      expect(tags(documentation, "title")).to.deep.equal([name]);
      expect(tags(documentation, "notice")).to.have.length(1);
      expect(tags(documentation, "param")).to.deep.equal(parameters);
      expect(tags(documentation, "input")).to.deep.equal(declared(body, "input"));
      expect(tags(documentation, "output")).to.deep.equal(declared(body, "output"));
      expect(documentation.match(/^\/\/\/ constraints: (.*)$/m)?.[1]).to.equal(COUNTS[name]?.[0]);
    });

    for (const [main, count] of Object.entries(COUNTS[name]?.[1] ?? {})) {
      it(`${main} has ${count} constraints`, async () => {
        const { r1cs } = await buildCircuit(main === COMMITTED ? {} : { main });
        expect(r1cs.constraints.length).to.equal(count);
      });
    }
  }

  it("leave no hint without the constraint beside it", () => {
    for (const { name, body } of templates) {
      const hints = [...body.matchAll(/^ +(\S+) <-- /gm)];
      for (const [, signal = ""] of hints) {
        const boolean = `${signal} * (${signal} - 1) === 0;`;
        expect(body, `${name} ${signal}`).to.include(boolean);
      }
    }
  });

  it("stay within the budget", () => {
    expect(COUNTS.AgentAuthorization?.[1]["AgentAuthorization()"]).to.be.at.most(BUDGET);
  });
});
