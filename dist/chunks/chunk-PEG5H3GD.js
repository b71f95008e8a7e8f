import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
var e=/(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g,r=/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;function n(u){return u.replace(/\r\n?/g,`
`).replace(e,"").replace(r,"")}function t(u){return n(u).replaceAll("##[","## [").replace(/^(\s*)(?=::)/gm,"$1> ")}export{n as a,t as b};
