/** The part of snarkjs that this project uses; the package has no types of its own. */
declare module "snarkjs" {
  /** A file by its path or its bytes; `mem` is written in place, with the bytes in `data`. */
  export type SnarkFile = string | Uint8Array | MemoryFile;
  export type MemoryFile = { readonly type: "mem"; data?: Uint8Array };

  export type Logger = {
    readonly debug: (message: string) => void;
    readonly info: (message: string) => void;
    readonly warn: (message: string) => void;
    readonly error: (message: string) => void;
  };

  /** Decimal strings; projective with a last coordinate of 1. */
  export type SnarkG1 = readonly [x: string, y: string, z: string];
  /** Each coordinate is `[c0, c1]`, the opposite of EIP-197's order. */
  export type SnarkG2 = readonly [
    x: readonly [c0: string, c1: string],
    y: readonly [c0: string, c1: string],
    z: readonly [c0: string, c1: string],
  ];

  export type SnarkProof = {
    readonly pi_a: SnarkG1;
    readonly pi_b: SnarkG2;
    readonly pi_c: SnarkG1;
    readonly protocol: string;
    readonly curve: string;
  };

  export type SnarkVerifyingKey = {
    readonly protocol: string;
    readonly curve: string;
    readonly nPublic: number;
    readonly vk_alpha_1: SnarkG1;
    readonly vk_beta_2: SnarkG2;
    readonly vk_gamma_2: SnarkG2;
    readonly vk_delta_2: SnarkG2;
    readonly IC: readonly SnarkG1[];
  };

  export type SnarkInput = bigint | string | number | readonly SnarkInput[];
  export type SnarkInputs = Readonly<Record<string, SnarkInput>>;

  export type ProverOptions = { readonly singleThread?: boolean };
  export type WitnessOptions = { readonly memorySize?: number };

  export type ProvingResult = { readonly proof: SnarkProof; readonly publicSignals: readonly string[] };

  export const groth16: {
    fullProve(
      inputs: SnarkInputs,
      wasm: SnarkFile,
      zkey: SnarkFile,
      logger?: Logger,
      witnessOptions?: WitnessOptions,
      proverOptions?: ProverOptions,
    ): Promise<ProvingResult>;
    prove(
      zkey: SnarkFile,
      witness: SnarkFile,
      logger?: Logger,
      options?: ProverOptions,
    ): Promise<ProvingResult>;
    verify(
      key: SnarkVerifyingKey,
      publicSignals: readonly string[],
      proof: SnarkProof,
      logger?: Logger,
    ): Promise<boolean>;
  };

  export const wtns: {
    calculate(
      inputs: SnarkInputs,
      wasm: SnarkFile,
      witness: SnarkFile,
      options?: WitnessOptions,
    ): Promise<void>;
    exportJson(witness: SnarkFile): Promise<readonly bigint[]>;
  };

  export const zKey: {
    /** Returns the circuit hash, or -1 after logging an error. */
    newZKey(r1cs: SnarkFile, ptau: SnarkFile, zkey: SnarkFile, logger?: Logger): Promise<Uint8Array | -1>;
    /** Returns the hash of the contribution. */
    contribute(
      from: SnarkFile,
      to: SnarkFile,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array>;
    /** Returns the hash of the contribution, or false after logging an error. */
    beacon(
      from: SnarkFile,
      to: SnarkFile,
      name: string,
      beaconHash: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    verifyFromR1cs(r1cs: SnarkFile, ptau: SnarkFile, zkey: SnarkFile, logger?: Logger): Promise<boolean>;
    exportVerificationKey(zkey: SnarkFile, logger?: Logger): Promise<SnarkVerifyingKey>;
  };

  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, ptau: SnarkFile, logger?: Logger): Promise<Uint8Array>;
    contribute(
      from: SnarkFile,
      to: SnarkFile,
      name: string,
      entropy: string,
      logger?: Logger,
    ): Promise<Uint8Array>;
    beacon(
      from: SnarkFile,
      to: SnarkFile,
      name: string,
      beaconHash: string,
      iterationsExponent: number,
      logger?: Logger,
    ): Promise<Uint8Array | false>;
    preparePhase2(from: SnarkFile, to: SnarkFile, logger?: Logger): Promise<void>;
    verify(ptau: SnarkFile, logger?: Logger): Promise<boolean>;
  };

  /** A curve with its worker threads. The process does not end before they are terminated. */
  export type Curve = { terminate(): Promise<void> };

  export const curves: {
    getCurveFromName(name: "bn128", options?: { readonly singleThread?: boolean }): Promise<Curve>;
  };
}
