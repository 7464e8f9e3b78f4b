// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title EmptyNodes
/// @notice The nodes above nothing but empty leaves, of the provisioned (`Z_l`) and the revoked tree (`E_l`).
/// @dev Constants, as hashing them anew would cost 19k gas each (protocol §3.1, §4.1); a test recomputes them.
library EmptyNodes {
    /// @dev `Z_0 = 0`, `Z_{l+1} = N4(Z_l, Z_l, Z_l, Z_l)`, for level 0 … 12.
    function provisioned(uint256 level) internal pure returns (uint256) {
        if (level == 0) return 0;
        if (level == 1) return 0x095c230d1d37a246e8d2d5a63b165fe0fade040d442f61e25f0590e5fb76f839;
        if (level == 2) return 0x119a9c2659bfa583602e53e865d66e1888e59ad1dc942f3df1bb0cedf342006c;
        if (level == 3) return 0x2f0f26ca6c816fa4bbbb439b049f29ede597691559bcdad9ae24b121875d8b93;
        if (level == 4) return 0x1e6ee3614b00fb787caf6a41311a0057070d6e0ffa351e5c9938bae016011624;
        if (level == 5) return 0x215664fc7251aec16f574abe01dbebf4fdcada8844d402191599450c772f1555;
        if (level == 6) return 0x29cf992a187082b497bab5e7d95efbaacd09f2fdb4463079a658b77c6c2d4a4e;
        if (level == 7) return 0x303281a046cce305864ca6a4034b186252e939d020a27676715b390294917ec5;
        if (level == 8) return 0x20b312efefb5b051ff8cce63efe2fce17a700bde94157e92e402d073a54cc2ab;
        if (level == 9) return 0x0d8a62c5f9a40f616f78f9c8d12dd4db3d2b49e38f8ee5a97510e4c96a112ef1;
        if (level == 10) return 0x25cdfa4201fef46e8fa933af7fd44f1552dff4cb03b74dd34b1364ad8b2588a3;
        if (level == 11) return 0x036af2be145328a1400aee494aa8202bbdce38b3b671b9ff3a31bfba3d1636dd;
        return 0x214c614bce3562161824c54eb5e27b405d3f050a97714e99c8815630b0fc652c;
    }

    /// @dev `E_0 = C4(5, 0, 0, 0)`, `E_{l+1} = N4(E_l, E_l, E_l, E_l)`, for level 0 … 8.
    function revoked(uint256 level) internal pure returns (uint256) {
        if (level == 0) return 0x06180a57c61f407d748cb9726c609af19e6f0c65e5576f9fbd6a360707047624;
        if (level == 1) return 0x2be93a2188a2a77e2a35d514ebcdb7d56cdb02d9e5ad8551afb17d7c9aca31c2;
        if (level == 2) return 0x28041895167c337e3eeb0df853e4444272955c4d88f4fd95e20367cc8efb65f6;
        if (level == 3) return 0x2c4b462d0afd175f40c8b213e2b367d9084596407ba00027ef0dd8260903008d;
        if (level == 4) return 0x2065b2d59594eb7b5132f7d7a7aab4ab611a37e20d2a106c1a352da7d779929a;
        if (level == 5) return 0x015826523c68ad2fe97aa00144714983caa174028e62b604519e2e1627d29130;
        if (level == 6) return 0x08d64ddabcd2b3c24d6d95597b056a24d719376d47c7ee99079acc441f354932;
        if (level == 7) return 0x18f7cccde5df6342a2cbc0e635edbbe13d8d98432f7cf0b5155a6479fb9f206a;
        return 0x305f4dfbe2eaed1972bc36951562c47aa96add3907779e129096f4171cf89fea;
    }
}
