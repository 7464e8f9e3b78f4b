import { httpJsonRpc, rpcNetwork } from "../chain/index.ts";
import { DkmsError } from "../core/index.ts";
import { type DidNetwork, memoryCache } from "../did/index.ts";
import type { DriverConfig } from "./driver.ts";

/** Thrown for a configuration that cannot be used; its message names the member. */
export class DriverError extends DkmsError<"CONFIGURATION_MALFORMED"> {}

type Members = Readonly<Record<string, unknown>>;

const NETWORK_MEMBERS = [
  "chainId",
  "name",
  "registry",
  "rpcUrl",
  "timeoutMs",
  "deploymentBlock",
  "finalitySeconds",
  "maxHistoryReads",
];
const MEMBERS = ["networks", "keyFormat", "cacheEntries", "maxConcurrent", "testIdentifiers"];

/**
 * Reads a driver's configuration: JSON of `networks` (each with `chainId`, `registry`, `rpcUrl`, and if wanted `name`,
 * `timeoutMs`, `deploymentBlock`, `finalitySeconds`, `maxHistoryReads`), and if wanted `keyFormat`, `cacheEntries`, `maxConcurrent`,
 * `testIdentifiers`. It is a file and no argument, since URLs of nodes hold secrets.
 *
 * @throws {DriverError} CONFIGURATION_MALFORMED
 */
export function driverConfig(text: string): DriverConfig {
  const members = known(object(parse(text), "the configuration"), MEMBERS, "the configuration");
  const { networks, keyFormat, testIdentifiers } = members;
  if (!Array.isArray(networks) || networks.length === 0)
    throw malformed("networks is a list of at least one");
  if (keyFormat !== undefined && keyFormat !== "Multikey" && keyFormat !== "JsonWebKey") {
    throw malformed("keyFormat is Multikey or JsonWebKey");
  }
  const maxConcurrent = optionalInteger(members, "maxConcurrent");
  return {
    networks: networks.map((network, index) => networkOf(network, `networks[${index}]`)),
    cache: memoryCache(optionalInteger(members, "cacheEntries")),
    ...(keyFormat !== undefined && { keyFormat }),
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    ...(testIdentifiers !== undefined && { testIdentifiers: texts(testIdentifiers) }),
  };
}

function networkOf(value: unknown, place: string): DidNetwork {
  const members = known(object(value, place), NETWORK_MEMBERS, place);
  const { name, registry, rpcUrl } = members;
  if (typeof registry !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(registry)) {
    throw malformed(`${place}.registry is an address`);
  }
  if (typeof rpcUrl !== "string" || !URL.canParse(rpcUrl) || !/^https?:/.test(rpcUrl)) {
    throw malformed(`${place}.rpcUrl is an http or https URL`);
  }
  if (name !== undefined && (typeof name !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(name))) {
    throw malformed(`${place}.name is a letter and letters, digits or hyphens, in lower case`);
  }
  const chainId = optionalInteger(members, "chainId");
  if (chainId === undefined) throw malformed(`${place}.chainId is a whole number`);
  const timeoutMs = optionalInteger(members, "timeoutMs");
  const deploymentBlock = optionalInteger(members, "deploymentBlock");
  const finalitySeconds = optionalInteger(members, "finalitySeconds");
  const maxHistoryReads = optionalInteger(members, "maxHistoryReads");
  return rpcNetwork({
    chainId: BigInt(chainId),
    registry,
    rpc: httpJsonRpc(rpcUrl, timeoutMs === undefined ? {} : { timeoutMs }),
    ...(name !== undefined && { name }),
    ...(deploymentBlock !== undefined && { deploymentBlock: BigInt(deploymentBlock) }),
    ...(maxHistoryReads !== undefined && { maxHistoryReads }),
    ...(finalitySeconds !== undefined && { finalitySeconds: BigInt(finalitySeconds) }),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("the configuration is JSON");
  }
}

function object(value: unknown, place: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw malformed(`${place} is an object`);
  return value as Members;
}

function known(members: Members, names: readonly string[], place: string): Members {
  const unknown = Object.keys(members).find((name) => !names.includes(name));
  if (unknown !== undefined) throw malformed(`${place} has no member ${unknown}`);
  return members;
}

function optionalInteger(members: Members, name: string): number | undefined {
  const value = members[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(`${name} is a whole number`);
  }
  return value;
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw malformed("testIdentifiers is a list of DIDs");
  }
  return value;
}

function malformed(message: string): DriverError {
  return new DriverError("CONFIGURATION_MALFORMED", message);
}
