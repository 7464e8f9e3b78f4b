/**
 * Sections of a file in iden3's binary format, by their ids: four characters of magic, version, number of sections,
 * then id, length and content of each.
 *
 * @throws Error if the file is of another kind or cut short.
 */
export function readSections(file: Buffer, magic: "zkey" | "r1cs" | "ptau"): ReadonlyMap<number, Buffer> {
  if (file.length < 12 || file.toString("latin1", 0, 4) !== magic) throw new Error(`not a ${magic} file`);
  const sections = new Map<number, Buffer>();
  let offset = 12;
  for (let i = 0; i < file.readUInt32LE(8); i++) {
    if (offset + 12 > file.length) throw new Error(`${magic} file is cut short`);
    const start = offset + 12;
    const end = start + Number(file.readBigUInt64LE(offset + 4));
    if (end > file.length) throw new Error(`${magic} file is cut short`);
    sections.set(file.readUInt32LE(offset), file.subarray(start, end));
    offset = end;
  }
  return sections;
}

/** A section that must be there. */
export function section(sections: ReadonlyMap<number, Buffer>, id: number): Buffer {
  const found = sections.get(id);
  if (found === undefined) throw new Error(`file has no section ${id}`);
  return found;
}

/** 32 bytes, little endian. */
export function readWord(buffer: Buffer, offset: number): bigint {
  let value = 0n;
  for (let limb = 3; limb >= 0; limb--) value = (value << 64n) | buffer.readBigUInt64LE(offset + 8 * limb);
  return value;
}
