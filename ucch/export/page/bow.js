// Texts to a bag of words: which known words stand in them, or their tf-idf at length 1.

// settings: words, idf (empty for a binary bag)
export function bagOfWords({ words, idf }) {
  const columns = new Map(words.map((word, column) => [word, column]));
  return (text) => {
    const counts = new Float64Array(words.length);
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}_]{2,}/gu)) {
      const column = columns.get(word);
      if (column !== undefined) counts[column]++;
    }
    if (!idf.length) return Float32Array.from(counts, (count) => Math.min(count, 1));
    const weighted = counts.map((count, column) => count * idf[column]);
    const size = Math.sqrt(weighted.reduce((sum, value) => sum + value * value, 0)) || 1;
    return Float32Array.from(weighted, (value) => value / size);
  };
}
