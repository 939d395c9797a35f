//! A model of TDengine servers made of mechanisms: dnodes, mnodes, vgroups, the balancer, the image they run in.
