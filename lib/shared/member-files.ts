/**
 * Property of a handler with its files, for archives of `xsendfile/zip`.
 *
 * A registered symbol, so that one build of this package finds it on handlers created by the other build.
 */
export const MEMBER_FILES: unique symbol = Symbol.for('xsendfile.memberFiles');
