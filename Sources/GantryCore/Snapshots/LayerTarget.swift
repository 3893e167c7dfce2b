/// A plain directory into which a layer may be written without mounting anything: a driver's offer for an active snapshot.
///
/// Saves the mount, and with overlayfs the detour through a second file system (a quarter of the time of an unpack).
/// The writer must then do what the mount would have done: see the two styles.
public struct LayerTarget: Sendable, Equatable {
    /// How the directory says that something of a lower layer is gone.
    public enum Style: String, Sendable {
        /// The directory holds everything, a copy of the parents too: what is gone is removed.
        case plain
        /// The directory holds one layer of an overlay: a character device 0:0 hides a name, and the attribute
        /// `trusted.overlay.opaque` hides everything below a directory.
        case overlay
    }

    /// Absolute path of the directory.
    public var directory: String
    /// How removals are written.
    public var style: Style
    /// For `.overlay`: the directories of the parents, nearest first, to be read for implied parent directories, for
    /// links on the way, and for hard links that must be copied up. Empty for `.plain`.
    public var parents: [String]
    /// For `.overlay`: a file that the layer may be written to instead of the directory, which then stays empty: an image of
    /// erofs, whole when `commit` is called. Never there before.
    public var image: String?

    /// Describes a directory to write into.
    public init(directory: String, style: Style, parents: [String] = [], image: String? = nil) {
        self.image = image
        self.directory = directory
        self.style = style
        self.parents = parents
    }
}
