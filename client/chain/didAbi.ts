import { Interface } from "ethers";

const SNAPSHOT = "bytes32 previous, bytes controllers, bytes32 next, bytes state";
const CONTROL = "(bytes32 previous, bytes controllers, bytes32 next, bytes32 stateHash) current";
const APPROVALS = "(bytes key, bytes signature)[] approvals";
const HEAD =
  "(uint32 version, uint32 controlVersion, uint40 created, uint40 updated, uint48 updatedBlock, uint48 publishedBlock, bool deactivated) head";
const OPS = {
  creation: "(bytes20 did, bytes controllers, bytes32 next, bytes32 salt, bytes state, uint64 deadline) op",
  update: "(bytes20 did, uint32 version, bytes state, uint64 deadline) op",
  rotation: "(bytes20 did, uint32 version, bytes controllers, bytes32 next, bytes state, uint64 deadline) op",
  deactivation: "(bytes20 did, uint32 version, uint64 deadline) op",
};

/** What the client uses of the registry's interface; a test compares it with the compiled one. */
export const DID_REGISTRY_ABI: readonly string[] = [
  `event DidUpdated(bytes20 indexed did, uint32 indexed version, uint48 previousBlock, uint40 updated, ${SNAPSHOT})`,
  "event DidDeactivated(bytes20 indexed did, uint32 indexed version, uint48 previousBlock, uint40 updated, bytes32 previous)",
  `event DidRepublished(bytes20 indexed did, uint32 indexed version, uint48 updatedBlock, uint40 updated, ${SNAPSHOT})`,
  `function create(${OPS.creation}, ${APPROVALS})`,
  `function update(${OPS.update}, ${CONTROL}, ${APPROVALS})`,
  `function rotate(${OPS.rotation}, ${CONTROL}, bytes32 salt, ${APPROVALS})`,
  `function deactivate(${OPS.deactivation}, ${CONTROL}, (bytes controllers, bytes32 salt) reveal, ${APPROVALS})`,
  `function republish(bytes20 did, (${SNAPSHOT}) snapshot)`,
  `function resolve(bytes20 did) view returns ((${HEAD}, bytes32 commitment, uint256 blockNumber, uint256 time, uint256 chainId))`,
];

export const DID_REGISTRY = new Interface(DID_REGISTRY_ABI);
