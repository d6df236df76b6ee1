/**
 * The words of a simple sh command line, with the `%%` that PostgreSQL reads as `%`. undefined for what is more than words and quotes
 * (pipes, variables, substitutions): only sh itself knows what those do.
 */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    let word = '';
    for (let piece = takePiece(rest); piece; piece = takePiece(rest)) {
      word += piece.text;
      rest = rest.slice(piece.lengthChars);
    }
    if (rest !== '' && !/^\s/.test(rest)) return undefined;
    words.push(word.replaceAll('%%', '%'));
    rest = rest.trimStart();
  }
  return words;
}

function takePiece(text: string): { text: string; lengthChars: number } | undefined {
  const [whole, single, double, escaped, plain] = /^(?:'([^']*)'|"([^"\\$`]*)"|\\(.)|([^\s'"\\$`|&;<>()*?[\]#~{}]+))/s.exec(text) ?? [];
  return whole === undefined ? undefined : { text: single ?? double ?? escaped ?? plain ?? '', lengthChars: whole.length };
}
