import GantryHost

extension SeccompProfile {
    /// Names that libseccomp does not know, in order; the runtimes pass over them.
    var unknownNames: [String] { names.filter { !SystemCalls.knows($0) }.sorted() }
}
