import { formatDatetime } from "./datetime.ts";
import type { DidDocument, DidWarning } from "./document.ts";
import type { DkmsDid } from "./identifier.ts";
import type { Problem } from "./problem.ts";
import type { DidReading } from "./read.ts";

/** Metadata of the document (DID Resolution, DID Document Metadata). Times are UTC to the second. */
export type DidDocumentMetadata = {
  readonly created?: string;
  /** The last update of the version shown; left out at version 1. */
  readonly updated?: string;
  /** True once the DID has been deactivated, also with a version of the time before. */
  readonly deactivated?: true;
  /** Which of the DID's changes this is, from 1. */
  readonly versionId?: string;
  readonly nextUpdate?: string;
  readonly nextVersionId?: string;
  /** With the chain id in digits, where the DID was given with a network's name. */
  readonly canonicalId?: string;
  readonly equivalentId?: readonly string[];
};

/** The block that an answer rests on. */
export type BlockMetadata = { readonly chainId: string; readonly number: string; readonly time: string };

/** Metadata of the resolution, apart from errors. */
export type ReadMetadata = {
  readonly block: BlockMetadata;
  /** How many blocks the last change of the DID has on top of it, its own included. */
  readonly confirmations: string;
  /** Whether a reorganisation can still change the answer. */
  readonly finality: "finalized" | "unfinalized";
  /** Present if the chain was not asked: the answer is as old as its block. */
  readonly stale?: true;
  readonly warnings?: readonly DidWarning[];
};

/** Metadata of a resolution: of its success, or its error in the form of the profile. */
export type DidResolutionMetadata =
  | (ReadMetadata & { readonly contentType?: string; readonly error?: undefined })
  | ProblemMetadata;

/** An error: as RFC 9457 has it (DID 1.1), or one keyword with a message (DID 1.0). */
export type ProblemMetadata = { readonly error: Problem | string; readonly message?: string };

/** What a resolution gives (DID Resolution, DID Resolution). */
export type DidResolutionResult = {
  readonly didResolutionMetadata: DidResolutionMetadata;
  readonly didDocument: DidDocument | null;
  readonly didDocumentMetadata: DidDocumentMetadata;
};

/** What a resolution's metadata says of where the answer is from. */
export function readMetadata(reading: DidReading, warnings: readonly DidWarning[]): ReadMetadata {
  const { observation, finalized, stale } = reading;
  return {
    block: {
      chainId: observation.chainId.toString(),
      number: observation.blockNumber.toString(),
      time: formatDatetime(observation.time) ?? observation.time.toString(),
    },
    confirmations: (observation.blockNumber - observation.head.updatedBlock + 1n).toString(),
    finality: finalized ? "finalized" : "unfinalized",
    ...(stale && { stale }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What a document's metadata says of its version. */
export function documentMetadata(did: DkmsDid, reading: DidReading): DidDocumentMetadata {
  const { version, next, observation } = reading;
  return {
    ...datetime("created", observation.head.created),
    ...(version.version > 1 && datetime("updated", version.updated)),
    ...(observation.head.deactivated && { deactivated: true }),
    versionId: version.version.toString(),
    ...(next !== undefined && {
      ...datetime("nextUpdate", next.updated),
      nextVersionId: next.version.toString(),
    }),
    ...(did.did !== did.canonical && { canonicalId: did.canonical, equivalentId: [did.canonical] }),
  };
}

function datetime<Name extends string>(name: Name, seconds: bigint): { readonly [name in Name]?: string } {
  const formatted = formatDatetime(seconds);
  return (formatted === undefined ? {} : { [name]: formatted }) as { readonly [name in Name]?: string };
}
