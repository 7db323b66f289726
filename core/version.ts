/** The release that /openapi.json and `robnu --version` tell; that of package.json. */
export const version = '0.1.0'
