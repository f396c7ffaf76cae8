/** Of what the file system refuses only the reason is news. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not go there',
  EPERM: 'this user may not go there',
  EROFS: 'it is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  ENOTDIR: 'a part of it is a file',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file or folder',
}

export interface FileProblem {
  /** What was refused, if the error names it: to write into a file that is open names none. */
  readonly path: string | undefined
  readonly reason: string
}

/** @returns `undefined` for an error of another kind, which is ours. */
export const fileProblem = (error: unknown): FileProblem | undefined => {
  if (!(error instanceof Error)) return undefined
  // PostgreSQL's own programs say it in words alone.
  const isFull = /no space left on device|check free disk space/i.test(error.message)
  const reason = REASONS[isFull ? 'ENOSPC' : 'code' in error ? String(error.code) : '']
  return reason === undefined ? undefined : { path: 'path' in error ? String(error.path) : undefined, reason }
}

/** A sentence about a file that somebody named. */
export const sayFileProblem = ({ path = 'It', reason }: FileProblem): string =>
  `${path} cannot be read or written: ${reason}.`
