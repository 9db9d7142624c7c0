// The nearest codes by counting the bits that differ, as an index of kind flat finds them.

const BITS_OF = Uint8Array.from({ length: 256 }, (_, byte) => [...byte.toString(2)].filter((bit) => bit === "1").length);

// codes: packed rows one after the other; code: one row. Rows nearest first, of equal distances the first row first.
export function nearest(codes, code, k) {
  const width = code.length;
  const distances = new Uint16Array(codes.length / width);
  const counts = new Array(8 * width + 1).fill(0);
  for (let row = 0, at = 0; row < distances.length; row++) {
    let distance = 0;
    for (let byte = 0; byte < width; byte++) distance += BITS_OF[codes[at++] ^ code[byte]];
    distances[row] = distance;
    counts[distance]++;
  }
  const found = [];
  for (let distance = 0, wanted = k; distance < counts.length && wanted > 0; distance++) {
    for (let row = distances.indexOf(distance), left = Math.min(counts[distance], wanted); left > 0; left--) {
      found.push({ row, distance });
      row = distances.indexOf(distance, row + 1);
    }
    wanted -= counts[distance];
  }
  return found;
}

export function differingBits(first, second) {
  const bits = [];
  first.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte ^ second[at]) & (128 >> bit)) bits.push(8 * at + bit);
  });
  return bits;
}

export function toHex(code) {
  return [...code].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(words, width) {
  if (words.length !== 2 * width || !/^[0-9a-f]*$/i.test(words)) {
    throw new Error(`A code here has ${2 * width} hexadecimal digits.`);
  }
  return Uint8Array.from({ length: width }, (_, at) => parseInt(words.slice(2 * at, 2 * at + 2), 16));
}
