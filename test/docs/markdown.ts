export interface CodeBlock {
  readonly language: string
  /** True for "```ts fragment": a piece that does not stand by itself and is not compiled. */
  readonly isFragment: boolean
  readonly text: string
  /** Line of the page where it begins. */
  readonly line: number
  /** Name that a first line like `// src/index.ts` gives it: blocks of one page may import each other. */
  readonly file?: string
}

const FENCE = /^```(\w*)([^\n`]*)\n([\s\S]*?)^```$/gm

export const codeBlocks = (page: string): readonly CodeBlock[] =>
  [...page.matchAll(FENCE)].map(({ 1: language = '', 2: information = '', 3: text = '', index }) => {
    const file = /^\/\/ (\S+\.ts)\n/.exec(text)?.[1]
    const line = page.slice(0, index).split('\n').length
    return {
      language,
      isFragment: information.trim() === 'fragment',
      text,
      line,
      ...(file === undefined ? {} : { file }),
    }
  })

/** The rows of the first table whose first column has this heading, cell by cell. */
export const tableRows = (page: string, heading: string): readonly (readonly string[])[] => {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`))
  if (start === -1) return []
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'))
  return lines.slice(start + 2, length === -1 ? undefined : start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** JSON with comments and commas before a closing bracket, as JSON. */
export const withoutJsonComments = (text: string): string =>
  text
    .replaceAll(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, quoted: string | undefined) => quoted ?? '')
    .replaceAll(/,(\s*[}\]])/g, '$1')
