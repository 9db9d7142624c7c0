// Texts to the tokens of a BERT: cleaned, split at spaces and punctuation, then into the longest known pieces.

const CHINESE = [
  [0x4e00, 0x9fff], [0x3400, 0x4dbf], [0x20000, 0x2a6df], [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f], [0x2b920, 0x2ceaf], [0xf900, 0xfaff], [0x2f800, 0x2fa1f],
];
const ODD = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/u;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;

// settings: as tokenizer.json of the site holds them
export function wordPiece(settings) {
  const { length, before, after, unknown, prefix, longest, special } = settings;
  const pieces = new Map(settings.vocabulary.map((piece, id) => [piece, id]));
  const marks = Object.keys(special).map((mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const split = marks.length ? new RegExp(`(${marks.join("|")})`, "u") : null;

  function ids(text) {
    const parts = split ? text.split(split) : [text];
    const all = parts.flatMap((part) => (Object.hasOwn(special, part) ? [special[part]] : words(part).flatMap(cut)));
    return [...before, ...all.slice(0, length - before.length - after.length), ...after];
  }

  function words(text) {
    const found = [];
    for (const chunk of normalize(text, settings).split(/\p{White_Space}+/u)) {
      let word = "";
      for (const letter of chunk) {
        if (!PUNCTUATION.test(letter)) {
          word += letter;
          continue;
        }
        if (word) found.push(word);
        found.push(letter);
        word = "";
      }
      if (word) found.push(word);
    }
    return found;
  }

  function cut(word) {
    const letters = [...word];
    if (letters.length > longest) return [unknown];
    const found = [];
    for (let start = 0; start < letters.length;) {
      let end = letters.length;
      let id;
      for (; end > start; end--) {
        id = pieces.get((start ? prefix : "") + letters.slice(start, end).join(""));
        if (id !== undefined) break;
      }
      if (end === start) return [unknown];
      found.push(id);
      start = end;
    }
    return found;
  }

  return ids;
}

function normalize(text, { clean, chinese, accents, lowercase }) {
  let letters = [...text];
  if (clean) {
    letters = letters.filter((letter) => !ODD.test(letter)).map((letter) => (/\p{White_Space}/u.test(letter) ? " " : letter));
  }
  if (chinese) letters = letters.map((letter) => (isChinese(letter.codePointAt(0)) ? ` ${letter} ` : letter));
  let words = letters.join("");
  if (!accents) words = words.normalize("NFD").replace(/\p{Mn}/gu, "");
  // letter by letter: a sigma at the end of a word is not another one
  return lowercase ? Array.from(words, (letter) => letter.toLowerCase()).join("") : words;
}

function isChinese(code) {
  return CHINESE.some(([first, last]) => first <= code && code <= last);
}
