declare const read: (path: string) => string
export = read
